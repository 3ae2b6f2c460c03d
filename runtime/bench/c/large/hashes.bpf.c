/* N inlined copies of a hash over packet bytes, each behind a bounds check of its own. */
#include "large.h"

#define ROT(x, k) ((x) << (k) | (x) >> (32 - (k)))
#define MIX(a, b, c) do { \
	a -= c; a ^= ROT(c, 4); c += b; b -= a; b ^= ROT(a, 6); a += c; \
	c -= b; c ^= ROT(b, 8); b += a; a -= c; a ^= ROT(c, 16); c += b; } while (0)

static __always_inline __u32 hash(const __u8 *k, __u32 len, __u32 seed)
{
	__u32 a = 0xdeadbeef + len + seed, b = a, c = a;
#pragma clang loop unroll(full)
	for (__u32 i = 0; i + 12 <= len; i += 12) {
		a += *(__u32 *)(k + i);
		b += *(__u32 *)(k + i + 4);
		c += *(__u32 *)(k + i + 8);
		MIX(a, b, c);
	}
	return c;
}

SEC("tc") int hashes(struct __sk_buff *skb)
{
	__u8 *p = DATA(skb), *end = DATA_END(skb);
	__u32 h = 0;

#pragma clang loop unroll(full)
	for (int i = 0; i < N; i++) {
		if (p + 24 + i % 40 > end)
			return TC_ACT_SHOT;
		h += hash(p + i % 40, 24, h);
		if (h & 1)
			skb->mark = h;
	}
	return h & 1 ? TC_ACT_OK : TC_ACT_SHOT;
}
