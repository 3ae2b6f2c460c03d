/* More live variables than registers, through N forks: states are full of spilled numbers and pointers. */
#include "large.h"

SEC("xdp") int spills(struct xdp_md *ctx)
{
	__u8 *p = DATA(ctx), *end = DATA_END(ctx);
	__u64 v[12] = {};
	__u64 key = ctx->ingress_ifindex;
	__u64 *seen = bpf_map_lookup_elem(&table, &key);
	__u8 *a = area();

	if (!seen || !a || p + 128 > end)
		return XDP_PASS;
#pragma clang loop unroll(full)
	for (int i = 0; i < N; i++) {
		__u64 x = p[i & 127];
		HIDE(x);
		if (x & 1)
			v[i % 12] += x;
		else if (x > 100)
			v[(i + 5) % 12] ^= v[(i + 3) % 12];
		HIDE(v[i % 12]);
		HIDE(v[(i + 5) % 12]);
		if (x == 77)
			a[v[i % 12] & 4095] = *seen;
	}
	for (int i = 0; i < 12; i++)
		*seen += v[i];
	return XDP_PASS;
}
