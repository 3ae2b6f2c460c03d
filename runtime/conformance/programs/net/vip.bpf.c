// A balancer in the manner of katran: ring of backends, encapsulation, statistics.
#include "net.h"

#define RING_SIZE 65537
#define VIPS 8

struct vip {
	__be32 addr[4];
	__be16 port;
	__u8 proto;
	__u8 pad;
};
struct vip_meta {
	__u32 flags;
	__u32 num;
};
struct real {
	__be32 addr[4];
	__u8 flags;
	__u8 pad[3];
};
struct stats {
	__u64 v1, v2;
};

MAP(vips, BPF_MAP_TYPE_HASH, struct vip, struct vip_meta, 512);
MAP(ring, BPF_MAP_TYPE_ARRAY, __u32, __u32, 512 * 101);
MAP(reals, BPF_MAP_TYPE_ARRAY, __u32, struct real, 4096);
MAP(counters, BPF_MAP_TYPE_PERCPU_ARRAY, __u32, struct stats, 1024);

static __always_inline __u32 rol(__u32 x, __u32 n)
{
	return x << n | x >> (32 - n);
}

static __always_inline __u32 jhash(const __u32 *k, __u32 len, __u32 seed)
{
	__u32 a = 0xdeadbeef + (len << 2) + seed, b = a, c = a;

	while (len > 3) {
		a += k[0];
		b += k[1];
		c += k[2];
		a -= c; a ^= rol(c, 4); c += b;
		b -= a; b ^= rol(a, 6); a += c;
		c -= b; c ^= rol(b, 8); b += a;
		a -= c; a ^= rol(c, 16); c += b;
		b -= a; b ^= rol(a, 19); a += c;
		c -= b; c ^= rol(b, 4); b += a;
		len -= 3;
		k += 3;
	}
	switch (len) {
	case 3:
		c += k[2];
	case 2:
		b += k[1];
	case 1:
		a += k[0];
		c ^= b; c -= rol(b, 14);
		a ^= c; a -= rol(c, 11);
		b ^= a; b -= rol(a, 25);
		c ^= b; c -= rol(b, 16);
		a ^= c; a -= rol(c, 4);
		b ^= a; b -= rol(a, 14);
		c ^= b; c -= rol(b, 24);
	}
	return c;
}

static __always_inline int encap(struct xdp_md *ctx, struct real *dst, __u32 len)
{
	struct eth *old, *new;
	struct ipv4 *ip;
	void *data, *end;
	__u16 *w;
	__u32 sum = 0;

	if (bpf_xdp_adjust_head(ctx, 0 - (int)sizeof(struct ipv4)))
		return XDP_DROP;
	data = DATA(ctx);
	end = DATA_END(ctx);
	new = data;
	ip = data + sizeof(*new);
	old = data + sizeof(*ip);
	if ((void *)(new + 1) > end || (void *)(old + 1) > end || (void *)(ip + 1) > end)
		return XDP_DROP;
	__builtin_memcpy(new->dst, old->src, 6);
	__builtin_memcpy(new->src, old->dst, 6);
	new->proto = bpf_htons(P_IP);
	ip->version = 4;
	ip->ihl = 5;
	ip->tos = 0;
	ip->len = bpf_htons(len + sizeof(*ip));
	ip->id = 0;
	ip->frag = 0;
	ip->ttl = 64;
	ip->proto = 4;
	ip->check = 0;
	ip->src = bpf_htonl(0x0a000001);
	ip->dst = dst->addr[0];
	w = (__u16 *)ip;
#pragma clang loop unroll(full)
	for (int i = 0; i < (int)sizeof(*ip) / 2; i++)
		sum += *w++;
	ip->check = fold(sum);
	return XDP_TX;
}

SEC("xdp") int balance(struct xdp_md *ctx)
{
	void *data = DATA(ctx), *end = DATA_END(ctx);
	struct eth *e = data;
	struct ipv4 *ip = NEXT(e);
	struct vip vip = {};
	struct vip_meta *meta;
	struct real *real;
	struct stats *st;
	struct udp *l4;
	__u32 words[4], key, *index, len;

	if (NEXT(ip) > end || e->proto != bpf_htons(P_IP) || ip->ihl != 5)
		return XDP_PASS;
	if (ip->proto != TCP && ip->proto != UDP)
		return XDP_PASS;
	l4 = NEXT(ip);
	if (NEXT(l4) > end)
		return XDP_DROP;
	vip.addr[0] = ip->dst;
	vip.port = l4->dst;
	vip.proto = ip->proto;
	meta = bpf_map_lookup_elem(&vips, &vip);
	if (!meta) {
		vip.port = 0;
		meta = bpf_map_lookup_elem(&vips, &vip);
		if (!meta)
			return XDP_PASS;
	}
	words[0] = ip->src;
	words[1] = ip->dst;
	words[2] = l4->src << 16 | l4->dst;
	words[3] = ip->proto;
	key = meta->num % 512 * 101 + jhash(words, 4, 7) % 101;
	index = bpf_map_lookup_elem(&ring, &key);
	if (!index)
		return XDP_DROP;
	key = *index;
	real = bpf_map_lookup_elem(&reals, &key);
	if (!real)
		return XDP_DROP;
	len = bpf_ntohs(ip->len);
	key = meta->num;
	st = bpf_map_lookup_elem(&counters, &key);
	if (st) {
		st->v1 += 1;
		st->v2 += len;
	}
	return encap(ctx, real, len);
}

SEC("xdp") int icmp_reply(struct xdp_md *ctx)
{
	void *data, *end;
	struct eth *e;
	__u8 tmp[6];
	int size = DATA_END(ctx) - DATA(ctx);

	if (size > 200 && bpf_xdp_adjust_tail(ctx, 98 - size))
		return XDP_DROP;
	if (bpf_xdp_adjust_head(ctx, -28))
		return XDP_DROP;
	data = DATA(ctx);
	end = DATA_END(ctx);
	e = data;
	if (data + 70 > end)
		return XDP_DROP;
	__builtin_memcpy(tmp, data + 28, 6);
	__builtin_memcpy(e->src, data + 34, 6);
	__builtin_memcpy(e->dst, tmp, 6);
	__builtin_memset(data + 14, 0, 28);
	*(__u8 *)(data + 14) = 0x45;
	return XDP_TX;
}
