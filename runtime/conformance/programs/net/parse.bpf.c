// Parsers with a cursor, as in the xdp tutorial and cilium: Ethernet, VLAN, IPv4 with options, IPv6 with extensions.
#include "net.h"

struct cursor {
	void *pos;
	void *end;
};

struct flow {
	__be32 src[4], dst[4];
	__be16 sport, dport;
	__u8 proto, family, tcp_flags, pad;
};

MAP(flows, BPF_MAP_TYPE_LRU_HASH, struct flow, __u64, 1024);
MAP(protos, BPF_MAP_TYPE_PERCPU_ARRAY, __u32, __u64, 256);

static __always_inline int parse_eth(struct cursor *c, struct eth **eth)
{
	struct eth *e = c->pos;
	__be16 proto;

	if (NEXT(e) > c->end)
		return -1;
	*eth = e;
	proto = e->proto;
	c->pos = e + 1;
#pragma unroll
	for (int i = 0; i < 2; i++) {
		struct vlan *v = c->pos;
		if (proto != bpf_htons(P_8021Q) && proto != bpf_htons(P_8021AD))
			break;
		if (NEXT(v) > c->end)
			return -1;
		proto = v->proto;
		c->pos = v + 1;
	}
	return proto;
}

static __always_inline int parse_ip(struct cursor *c, struct ipv4 **ip)
{
	struct ipv4 *h = c->pos;
	int len;

	if (NEXT(h) > c->end)
		return -1;
	len = h->ihl * 4;
	if (len < (int)sizeof(*h))
		return -1;
	if (c->pos + len > c->end)
		return -1;
	c->pos += len;
	*ip = h;
	return h->proto;
}

static __always_inline int skip_ext6(struct cursor *c, __u8 next)
{
	for (int i = 0; i < 6; i++) {
		struct ext6 *e = c->pos;
		if (NEXT(e) > c->end)
			return -1;
		switch (next) {
		case 0: case 60: case 43: case 135:
			c->pos = (char *)e + (e->len + 1) * 8;
			next = e->next;
			break;
		case 51:
			c->pos = (char *)e + (e->len + 2) * 4;
			next = e->next;
			break;
		case 44:
			c->pos = (char *)e + 8;
			next = e->next;
			break;
		default:
			return next;
		}
	}
	return -1;
}

static __always_inline int ports(struct cursor *c, struct flow *f)
{
	if (f->proto == TCP) {
		struct tcp *t = c->pos;
		if (NEXT(t) > c->end)
			return -1;
		f->sport = t->src;
		f->dport = t->dst;
		f->tcp_flags = ((__u8 *)t)[13];
	} else if (f->proto == UDP) {
		struct udp *u = c->pos;
		if (NEXT(u) > c->end)
			return -1;
		f->sport = u->src;
		f->dport = u->dst;
	}
	return 0;
}

SEC("xdp") int flow_count(struct xdp_md *ctx)
{
	struct cursor c = { DATA(ctx), DATA_END(ctx) };
	struct flow f = {};
	struct eth *eth;
	__u64 *seen, one = 1;
	int proto = parse_eth(&c, &eth);

	if (proto == bpf_htons(P_IP)) {
		struct ipv4 *ip;
		int p = parse_ip(&c, &ip);
		if (p < 0)
			return XDP_DROP;
		f.family = 4;
		f.proto = p;
		f.src[0] = ip->src;
		f.dst[0] = ip->dst;
	} else if (proto == bpf_htons(P_IPV6)) {
		struct ipv6 *ip = c.pos;
		int p;
		if (NEXT(ip) > c.end)
			return XDP_DROP;
		c.pos = ip + 1;
		__builtin_memcpy(f.src, ip->src, 16);
		__builtin_memcpy(f.dst, ip->dst, 16);
		f.family = 6;
		p = skip_ext6(&c, ip->next);
		if (p < 0)
			return XDP_DROP;
		f.proto = p;
	} else {
		return XDP_PASS;
	}
	if (ports(&c, &f) < 0)
		return XDP_DROP;
	seen = bpf_map_lookup_elem(&flows, &f);
	if (seen)
		__sync_fetch_and_add(seen, 1);
	else
		bpf_map_update_elem(&flows, &f, &one, BPF_ANY);
	return XDP_PASS;
}

SEC("xdp") int count_protos(struct xdp_md *ctx)
{
	struct cursor c = { DATA(ctx), DATA_END(ctx) };
	struct eth *eth;
	struct ipv4 *ip;
	__u32 key;
	__u64 *n;
	int p;

	if (parse_eth(&c, &eth) != bpf_htons(P_IP))
		return XDP_PASS;
	p = parse_ip(&c, &ip);
	if (p < 0)
		return XDP_ABORTED;
	key = p;
	n = bpf_map_lookup_elem(&protos, &key);
	if (!n)
		return XDP_ABORTED;
	*n += 1;
	return XDP_PASS;
}

SEC("tc") int tc_ports(struct __sk_buff *skb)
{
	struct cursor c = { DATA(skb), DATA_END(skb) };
	struct flow f = {};
	struct eth *eth;
	struct ipv4 *ip;
	int p;

	if (parse_eth(&c, &eth) != bpf_htons(P_IP))
		return TC_OK;
	p = parse_ip(&c, &ip);
	if (p != TCP && p != UDP)
		return TC_OK;
	f.proto = p;
	if (ports(&c, &f))
		return TC_SHOT;
	skb->mark = bpf_ntohs(f.dport);
	skb->cb[0] = f.tcp_flags;
	return f.tcp_flags & 4 ? TC_SHOT : TC_OK;
}
