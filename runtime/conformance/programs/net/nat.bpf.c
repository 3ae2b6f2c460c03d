// Rewriting addresses and ports with incremental checksums.
#include "net.h"

struct endpoint {
	__be32 addr;
	__be16 port;
	__u8 mac[6];
	__u64 packets, bytes;
};
struct tuple {
	__be32 src, dst;
	__be16 sport, dport;
	__u8 proto;
	__u8 pad[3];
};

MAP(table, BPF_MAP_TYPE_HASH, struct tuple, struct endpoint, 256);
MAP(backends, BPF_MAP_TYPE_ARRAY, __u32, struct endpoint, 16);

static __always_inline void csum4(__u16 *check, __be32 from, __be32 to)
{
	__u32 sum = (__u16)~*check;

	sum += (__u16)~(from & 0xffff);
	sum += (__u16)~(from >> 16);
	sum += to & 0xffff;
	sum += to >> 16;
	*check = fold(sum);
}

static __always_inline void csum2(__u16 *check, __be16 from, __be16 to)
{
	*check = fold((__u32)(__u16)~*check + (__u16)~from + to);
}

static __always_inline int rewrite(struct ipv4 *ip, __be16 *port, __u16 *check, struct endpoint *to)
{
	__be32 old = ip->dst;

	ip->dst = to->addr;
	csum4(&ip->check, old, to->addr);
	if (check && *check) {
		csum4(check, old, to->addr);
		csum2(check, *port, to->port);
	}
	*port = to->port;
	return 0;
}

static __always_inline int handle(void *data, void *end, __u32 hash)
{
	struct eth *e = data;
	struct ipv4 *ip = NEXT(e);
	struct tuple key = {};
	struct endpoint *to;
	__be16 *dport;
	__u16 *check;

	if (NEXT(ip) > end)
		return XDP_PASS;
	if (e->proto != bpf_htons(P_IP) || ip->ihl != 5 || ip->frag & bpf_htons(0x3fff))
		return XDP_PASS;
	key.src = ip->src;
	key.dst = ip->dst;
	key.proto = ip->proto;
	switch (ip->proto) {
	case TCP: {
		struct tcp *t = NEXT(ip);
		if (NEXT(t) > end)
			return XDP_DROP;
		key.sport = t->src;
		key.dport = t->dst;
		dport = &t->dst;
		check = &t->check;
		break;
	}
	case UDP: {
		struct udp *u = NEXT(ip);
		if (NEXT(u) > end)
			return XDP_DROP;
		key.sport = u->src;
		key.dport = u->dst;
		dport = &u->dst;
		check = &u->check;
		break;
	}
	default:
		return XDP_PASS;
	}
	to = bpf_map_lookup_elem(&table, &key);
	if (!to) {
		__u32 index = (hash ^ key.src ^ key.sport) % 16;
		to = bpf_map_lookup_elem(&backends, &index);
		if (!to)
			return XDP_ABORTED;
		bpf_map_update_elem(&table, &key, to, BPF_ANY);
	}
	rewrite(ip, dport, check, to);
	__builtin_memcpy(e->src, e->dst, 6);
	__builtin_memcpy(e->dst, to->mac, 6);
	__sync_fetch_and_add(&to->packets, 1);
	__sync_fetch_and_add(&to->bytes, end - data);
	return XDP_TX;
}

SEC("xdp") int dnat(struct xdp_md *ctx)
{
	return handle(DATA(ctx), DATA_END(ctx), ctx->rx_queue_index);
}

SEC("tc") int dnat_tc(struct __sk_buff *skb)
{
	return handle(DATA(skb), DATA_END(skb), skb->hash) == XDP_DROP ? TC_SHOT : TC_OK;
}

static __noinline int ttl(struct ipv4 *ip, __u32 by)
{
	__u16 *word = (__u16 *)&ip->ttl;
	__be16 old = *word;

	if (ip->ttl <= by)
		return -1;
	ip->ttl -= by;
	csum2(&ip->check, old, *word);
	return ip->ttl;
}

SEC("xdp") int forward(struct xdp_md *ctx)
{
	void *data = DATA(ctx), *end = DATA_END(ctx);
	struct eth *e = data;
	struct ipv4 *ip = data + sizeof(*e);

	if ((void *)(ip + 1) > end)
		return XDP_PASS;
	if (ttl(ip, 1) < 0)
		return XDP_DROP;
	return ttl(ip, 2) < 0 ? XDP_DROP : XDP_TX;
}

SEC("xdp") int checksum_loop(struct xdp_md *ctx)
{
	void *data = DATA(ctx), *end = DATA_END(ctx);
	struct ipv4 *ip = data + sizeof(struct eth);
	__u16 *w = (__u16 *)ip;
	__u32 sum = 0;

	if ((void *)(ip + 1) > end)
		return XDP_PASS;
	for (int i = 0; i < 30; i++) {
		if (i >= ip->ihl * 2)
			break;
		if ((void *)(w + 1) > end)
			return XDP_DROP;
		sum += *w++;
	}
	return fold(sum) ? XDP_DROP : XDP_PASS;
}
