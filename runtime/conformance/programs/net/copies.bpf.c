// Copies of structs, spilled pointers, many live values, 64-bit arithmetic with masks, switches.
#include "net.h"

struct wide {
	__u64 w[8];
	__u8 tail[5];
};
MAP(wides, BPF_MAP_TYPE_HASH, __u64, struct wide, 64);
MAP(one, BPF_MAP_TYPE_ARRAY, __u32, struct wide, 2);

SEC("xdp") int copy_out(struct xdp_md *ctx)
{
	void *data = DATA(ctx), *end = DATA_END(ctx);
	struct wide w, *found;
	__u64 key;

	__builtin_memset(&w, 0, sizeof(w));
	if (data + 64 > end)
		return XDP_PASS;
	__builtin_memcpy(w.w, data, 64);
	w.tail[2] = w.w[1] & 0xff;
	key = w.w[0] & 0xffffffffffffull;
	found = bpf_map_lookup_elem(&wides, &key);
	if (found) {
		struct wide old = *found;
		*found = w;
		return old.w[3] == w.w[3] ? XDP_PASS : XDP_TX;
	}
	bpf_map_update_elem(&wides, &key, &w, BPF_ANY);
	return XDP_DROP;
}

SEC("xdp") int many_values(struct xdp_md *ctx)
{
	__u32 zero = 0, first = 1;
	struct wide *a = bpf_map_lookup_elem(&one, &zero);
	struct wide *b = bpf_map_lookup_elem(&one, &first);
	__u64 *p = DATA(ctx);
	__u64 v0, v1, v2, v3, v4, v5, v6, v7;

	if (!a || !b || (void *)(p + 8) > DATA_END(ctx))
		return 0;
	v0 = p[0]; v1 = p[1]; v2 = p[2]; v3 = p[3];
	v4 = p[4]; v5 = p[5]; v6 = p[6]; v7 = p[7];
	for (int i = 0; i < 4; i++) {
		v0 += v1; v2 ^= v3; v4 -= v5; v6 |= v7;
		v1 = v1 << 7 | v1 >> 57; v3 *= 3; v5 ^= v0; v7 += v2;
		a->w[v0 & 7] = v4;
		b->w[v6 >> 61] = v7;
		if (bpf_get_prandom_u32() == 5)
			break;
	}
	a->tail[v3 % 5] = v5;
	return (v0 + v1 + v2 + v3 + v4 + v5 + v6 + v7) & 3;
}

SEC("xdp") int dispatch(struct xdp_md *ctx)
{
	__u8 *p = DATA(ctx);
	__u32 r = 0;

	if ((void *)(p + 20) > DATA_END(ctx))
		return 0;
	switch (p[0]) {
	case 0: r = p[1]; break;
	case 1: r = p[2] * 3; break;
	case 2: r = p[3] - 7; break;
	case 3: r = p[4] << 2; break;
	case 4: r = p[5] / 3; break;
	case 5: r = p[6] % 5; break;
	case 6: r = p[7] ^ p[8]; break;
	case 7: r = p[9] & p[10]; break;
	case 8: r = p[11] | p[12]; break;
	case 9 ... 20: r = p[13]; break;
	case 40: r = p[p[14] & 15]; break;
	case 100 ... 120: r = p[15] > p[16] ? p[17] : p[18]; break;
	default: return XDP_DROP;
	}
	if (p[19] == 1)
		goto odd;
	while (r > 255)
		r >>= 1;
	return r;
odd:
	return r | 1;
}

SEC("xdp") int wide_math(struct xdp_md *ctx)
{
	__u64 *p = DATA(ctx);
	__u32 zero = 0;
	struct wide *a = bpf_map_lookup_elem(&one, &zero);
	__u64 x, y;

	if (!a || (void *)(p + 3) > DATA_END(ctx))
		return 0;
	x = p[0];
	y = (x & 0x7) * 8;
	*(__u64 *)((char *)a->w + y) = x;
	x = p[1] >> 61;
	barrier();
	a->w[x] += 1;
	x = p[2] / 0x2000000000000000ull;
	a->w[x & 7] ^= y;
	x = (p[2] & 0xff00) >> 8;
	if (x > 3 && x < 9)
		a->tail[x - 4] = 9;
	x = 63 - (p[0] >> 58);
	return ((char *)a->w)[x & 63];
}

SEC("xdp") int stack_array(struct xdp_md *ctx)
{
	__u8 *p = DATA(ctx);
	__u32 table[16] = {};
	__u8 bytes[32] = {};

	if ((void *)(p + 16) > DATA_END(ctx))
		return 0;
	for (int i = 0; i < 16; i++) {
		table[p[i] & 15] += i;
		bytes[p[i] >> 3] = i;
	}
	return table[p[0] & 15] + bytes[p[1] & 31];
}

SEC("xdp") int swap_macs(struct xdp_md *ctx)
{
	struct eth *e = DATA(ctx);
	__u8 tmp[6];

	if (NEXT(e) > DATA_END(ctx))
		return XDP_DROP;
	__builtin_memcpy(tmp, e->dst, 6);
	__builtin_memcpy(e->dst, e->src, 6);
	__builtin_memcpy(e->src, tmp, 6);
	return XDP_TX;
}

SEC("xdp") int arp_reply(struct xdp_md *ctx)
{
	struct eth *e = DATA(ctx);
	struct arp *a = NEXT(e);
	__u8 ip[4];

	if (NEXT(a) > DATA_END(ctx))
		return XDP_PASS;
	if (e->proto != bpf_htons(P_ARP) || a->op != bpf_htons(1) || a->plen != 4)
		return XDP_PASS;
	__builtin_memcpy(ip, a->tpa, 4);
	__builtin_memcpy(a->tpa, a->spa, 4);
	__builtin_memcpy(a->spa, ip, 4);
	__builtin_memcpy(a->tha, a->sha, 6);
	__builtin_memcpy(e->dst, e->src, 6);
	a->op = bpf_htons(2);
	return XDP_TX;
}
