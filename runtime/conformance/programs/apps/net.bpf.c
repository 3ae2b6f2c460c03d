// Load balancers, translators, firewalls, encapsulation: programs that decide and rewrite.
// hook: xdp
// levels: O2.v3 O1.v2 Os.v4
#include "app.h"

#define P_IP bpf_htons(0x0800)
#define P_IP6 bpf_htons(0x86dd)

static __always_inline __u16 fold(__u32 sum)
{
	sum = (sum & 0xffff) + (sum >> 16);
	sum = (sum & 0xffff) + (sum >> 16);
	return ~sum;
}

static __always_inline struct ipv4 *ipv4_of(struct xdp_md *ctx)
{
	struct eth *eth = DATA(ctx);
	struct ipv4 *ip = (void *)(eth + 1);

	if ((void *)(ip + 1) > DATA_END(ctx) || eth->proto != P_IP || ip->version != 4)
		return 0;
	return ip;
}

// Every frame back where it came from.
// program: reflect
// run: data=0a0b0c0d0e0f 010203040506 0800 -> 3 out=010203040506 0a0b0c0d0e0f 0800
SEC("xdp") int reflect(struct xdp_md *ctx)
{
	struct eth *eth = DATA(ctx);
	__u8 t[6];

	if ((void *)(eth + 1) > DATA_END(ctx))
		return XDP_DROP;
	__builtin_memcpy(t, eth->dst, 6);
	__builtin_memcpy(eth->dst, eth->src, 6);
	__builtin_memcpy(eth->src, t, 6);
	return XDP_TX;
}

// The hop limit goes down by one, the checksum with it.
// program: decrement_ttl
// run: data=inc12 0800 4500 0014 0000 0000 40 11 1234 01020304 05060708 -> 2 out=inc12 0800 4500 0014 0000 0000 3f 11 1334 01020304 05060708
// run: data=inc12 0800 4500 0014 0000 0000 01 11 1234 01020304 05060708 -> 1
SEC("xdp") int decrement_ttl(struct xdp_md *ctx)
{
	struct ipv4 *ip = ipv4_of(ctx);

	if (!ip || ip->ttl <= 1)
		return XDP_DROP;
	__u32 check = ip->check;
	check += bpf_htons(0x0100);
	ip->check = (__u16)(check + (check >= 0xffff));
	ip->ttl--;
	return XDP_PASS;
}

struct rule {
	__be32 src, dst;
	__be16 port;
	__u8 proto, verdict;
};
static const struct rule RULES[4] = {
	{bpf_htonl(0x0a000001), 0, 0, 0, XDP_DROP},
	{0, bpf_htonl(0x0a000002), bpf_htons(80), 6, XDP_PASS},
	{0, 0, bpf_htons(53), 17, XDP_TX},
	{0, 0, 0, 0, XDP_ABORTED},
};

// The first rule that fits, of a constant table.
// program: rule_table
// but: ok root: beyond, pointers into packets are not NULL
// run: data=inc12 0800 4500 0020 0000 0000 40 11 0000 0a000001 05060708 0035 0035 0008 0000 -> 1
// run: data=inc12 0800 4500 0020 0000 0000 40 11 0000 0a000009 05060708 0035 0035 0008 0000 -> 3
// run: data=inc12 0800 4500 0020 0000 0000 40 06 0000 0a000009 0a000002 0035 0050 0008 0000 -> 2
SEC("xdp") int rule_table(struct xdp_md *ctx)
{
	struct ipv4 *ip = ipv4_of(ctx);
	struct udp *l4 = ip ? (void *)(ip + 1) : 0;

	if (!ip || (void *)(l4 + 1) > DATA_END(ctx))
		return XDP_DROP;
	for (int i = 0; i < 4; i++) {
		const struct rule *r = &RULES[i];
		if (r->src && r->src != ip->src)
			continue;
		if (r->dst && r->dst != ip->dst)
			continue;
		if (r->port && r->port != l4->dst)
			continue;
		if (r->proto && r->proto != ip->proto)
			continue;
		return r->verdict;
	}
	return XDP_DROP;
}

MAP(backends, ARRAY, __u32, __be32, 4);

// A consistent choice among four servers by the flow's hash.
// program: balance
// init backends: 0/4=0a000001, 1/4=0a000002, 2/4=0a000003, 3/4=0a000004
// run: data=inc12 0800 4500 0014 0000 0000 40 11 0000 01020304 05060708 -> 0xa000003
// run: data=inc12 0800 4500 0014 0000 0000 40 11 0000 01020305 05060708 -> 0xa000002
SEC("xdp") int balance(struct xdp_md *ctx)
{
	struct ipv4 *ip = ipv4_of(ctx);

	if (!ip)
		return XDP_PASS;
	__u32 h = (ip->src ^ ip->dst * 0x9e3779b1) * 0x85ebca6b, at = h >> 30;
	__be32 *to = bpf_map_lookup_elem(&backends, &at);
	if (!to)
		return XDP_ABORTED;
	ip->dst = *to;
	return bpf_ntohl(*to);
}

MAP(maglev, ARRAY, __u32, __u8, 16);

// Maglev's look-up table, filled by the host.
// program: maglev_lookup
// init maglev: 0/4=01, 1/4=02, 2/4=03, 3/4=01, 4/4=02, 5/4=03, 6/4=01, 7/4=02, 8/4=03, 9/4=01, 10/4=02, 11/4=03, 12/4=01, 13/4=02, 14/4=03, 15/4=01
// run: data=inc12 0800 4500 0014 0000 0000 40 11 0000 01020304 05060708 -> 3
SEC("xdp") int maglev_lookup(struct xdp_md *ctx)
{
	struct ipv4 *ip = ipv4_of(ctx);

	if (!ip)
		return 0;
	__u32 at = (ip->src * 2654435761u ^ ip->dst) % 13;
	__u8 *to = bpf_map_lookup_elem(&maglev, &at);
	return to ? *to : 0;
}

// Rendezvous hashing: the server with the largest weight.
// program: rendezvous
// run: data=inc12 0800 4500 0014 0000 0000 40 11 0000 01020304 05060708 -> 2
SEC("xdp") int rendezvous(struct xdp_md *ctx)
{
	struct ipv4 *ip = ipv4_of(ctx);
	__u32 best = 0, most = 0;

	if (!ip)
		return -1;
	for (__u32 i = 0; i < 5; i++) {
		__u32 h = (ip->src ^ i * 0x01000193) * 0x9e3779b1;
		h ^= h >> 15;
		if (h > most) {
			most = h;
			best = i;
		}
	}
	return best;
}

// Destination translation with the checksum updated by difference (RFC 1624).
// program: dnat
// run: data=inc12 0800 4500 0014 0000 0000 40 11 b6c5 01020304 05060708 -> 2 out=inc12 0800 4500 0014 0000 0000 40 11 b8d2 01020304 0a000001
SEC("xdp") int dnat(struct xdp_md *ctx)
{
	struct ipv4 *ip = ipv4_of(ctx);
	__be32 to = bpf_htonl(0x0a000001);

	if (!ip)
		return XDP_DROP;
	__u32 sum = (__u16)~ip->check;
	sum += (__u16)~(ip->dst & 0xffff) + (__u16)~(ip->dst >> 16);
	sum += (to & 0xffff) + (to >> 16);
	ip->check = fold(sum);
	ip->dst = to;
	return XDP_PASS;
}

// IP in IP: a new outer header in front.
// program: encap_ipip
// run: data=inc12 0800 4500 0014 0000 0000 40 11 1234 01020304 05060708 -> 3 out=inc12 0800 4500 0028 0000 0000 40 04 0000 0a000001 0a000002 4500 0014 0000 0000 40 11 1234 01020304 05060708
SEC("xdp") int encap_ipip(struct xdp_md *ctx)
{
	struct ipv4 *in = ipv4_of(ctx);
	struct eth *to, *from;

	if (!in)
		return XDP_DROP;
	__u16 len = bpf_ntohs(in->len);
	if (bpf_xdp_adjust_head(ctx, -(int)sizeof(*in)))
		return XDP_ABORTED;
	to = DATA(ctx);
	from = DATA(ctx) + sizeof(*in);
	struct ipv4 *out = (void *)(to + 1);
	if ((void *)(from + 1) > DATA_END(ctx) || (void *)(out + 1) > DATA_END(ctx))
		return XDP_DROP;
	*to = *from;
	__builtin_memset(out, 0, sizeof(*out));
	out->version = 4;
	out->ihl = 5;
	out->len = bpf_htons(len + sizeof(*out));
	out->ttl = 64;
	out->proto = 4;
	out->src = bpf_htonl(0x0a000001);
	out->dst = bpf_htonl(0x0a000002);
	return XDP_TX;
}

// And off again.
// program: decap_ipip
// run: data=inc12 0800 4500 0028 0000 0000 40 04 0000 0a000001 0a000002 4500 0014 0000 0000 40 11 1234 01020304 05060708 -> 2 out=inc12 0800 4500 0014 0000 0000 40 11 1234 01020304 05060708
// run: data=inc12 0800 4500 0028 0000 0000 40 11 0000 0a000001 0a000002 4500 0014 0000 0000 40 11 1234 01020304 05060708 -> 1
SEC("xdp") int decap_ipip(struct xdp_md *ctx)
{
	struct ipv4 *ip = ipv4_of(ctx);
	struct eth old;

	if (!ip || ip->proto != 4 || ip->ihl != 5)
		return XDP_DROP;
	__builtin_memcpy(&old, (void *)ip - sizeof(old), sizeof(old));
	if (bpf_xdp_adjust_head(ctx, sizeof(*ip)))
		return XDP_ABORTED;
	struct eth *eth = DATA(ctx);
	if ((void *)(eth + 1) > DATA_END(ctx))
		return XDP_DROP;
	*eth = old;
	return XDP_PASS;
}

// A tag is pushed, another popped.
// program: push_vlan
// run: data=inc12 0800 45 inc19 -> 2 out=inc12 8100 0064 0800 45 inc19
SEC("xdp") int push_vlan(struct xdp_md *ctx)
{
	struct eth *from, *to;

	if (bpf_xdp_adjust_head(ctx, -4))
		return XDP_ABORTED;
	to = DATA(ctx);
	from = DATA(ctx) + 4;
	if ((void *)(from + 1) > DATA_END(ctx))
		return XDP_DROP;
	__be16 proto = from->proto;
	__builtin_memmove(to, from, 12);
	to->proto = bpf_htons(0x8100);
	*(__be16 *)(to + 1) = bpf_htons(100);
	*((__be16 *)(to + 1) + 1) = proto;
	return XDP_PASS;
}

// program: pop_vlan
// run: data=inc12 8100 0064 0800 45 inc19 -> 2 out=inc12 0800 45 inc19
SEC("xdp") int pop_vlan(struct xdp_md *ctx)
{
	struct eth *eth = DATA(ctx), copy;

	if ((void *)(eth + 1) + 4 > DATA_END(ctx) || eth->proto != bpf_htons(0x8100))
		return XDP_DROP;
	copy = *eth;
	copy.proto = *((__be16 *)(eth + 1) + 1);
	if (bpf_xdp_adjust_head(ctx, 4))
		return XDP_ABORTED;
	eth = DATA(ctx);
	if ((void *)(eth + 1) > DATA_END(ctx))
		return XDP_DROP;
	*eth = copy;
	return XDP_PASS;
}

// An echo request is answered on the spot.
// program: icmp_reply
// but: ok root: beyond, pointers into packets are not NULL
// run: data=0a0b0c0d0e0f 010203040506 0800 4500 001c 0000 0000 40 01 0000 01020304 05060708 0800 f7ff 0000 0000 -> 3 out=010203040506 0a0b0c0d0e0f 0800 4500 001c 0000 0000 40 01 0000 05060708 01020304 0000 0000 0000 0000
SEC("xdp") int icmp_reply(struct xdp_md *ctx)
{
	struct ipv4 *ip = ipv4_of(ctx);
	struct {
		__u8 type, code;
		__u16 check;
		__u32 rest;
	} *icmp = ip ? (void *)(ip + 1) : 0;
	struct eth *eth = DATA(ctx);
	__u8 mac[6];

	if (!ip || (void *)(icmp + 1) > DATA_END(ctx) || ip->proto != 1 || icmp->type != 8)
		return XDP_PASS;
	__builtin_memcpy(mac, eth->dst, 6);
	__builtin_memcpy(eth->dst, eth->src, 6);
	__builtin_memcpy(eth->src, mac, 6);
	__be32 t = ip->src;
	ip->src = ip->dst;
	ip->dst = t;
	icmp->type = 0;
	icmp->check = fold((__u16)~icmp->check + (__u16)~bpf_htons(0x0800));
	return XDP_TX;
}

// IPv6 from IPv4 by the well-known prefix 64:ff9b::/96.
// program: nat64_addr
// run: data=inc12 0800 4500 0014 0000 0000 40 11 0000 c0000221 05060708 -> 0xa464ff9b
SEC("xdp") int nat64_addr(struct xdp_md *ctx)
{
	struct ipv4 *ip = ipv4_of(ctx);
	__be32 six[4] = {bpf_htonl(0x0064ff9b), 0, 0, 0};

	if (!ip)
		return -1;
	six[3] = ip->src;
	__u32 sum = 0;
	for (int i = 0; i < 4; i++)
		sum ^= bpf_ntohl(six[i]);
	return (sum ^ 0xc0000221) == 0x0064ff9b ? 0xa464ff9b : sum;
}

// The checksum of an IPv4 header with options.
// program: verify_header
// run: data=inc12 0800 4500 0073 0000 4000 40 11 b861 c0a80001 c0a800c7 -> 2
// run: data=inc12 0800 4500 0073 0000 4000 40 11 b862 c0a80001 c0a800c7 -> 1
SEC("xdp") int verify_header(struct xdp_md *ctx)
{
	struct ipv4 *ip = ipv4_of(ctx);
	__u32 sum = 0;

	if (!ip || ip->ihl < 5)
		return XDP_DROP;
	__u16 *w = (void *)ip;
	for (int i = 0; i < 30; i++) {
		if (i >= ip->ihl * 2)
			break;
		if ((void *)(w + i + 1) > DATA_END(ctx))
			return XDP_DROP;
		sum += w[i];
	}
	return fold(sum) ? XDP_DROP : XDP_PASS;
}

// Fragments, and packets that lie of their length.
// program: sanity
// run: data=inc12 0800 4500 0014 0000 2000 40 11 0000 01020304 05060708 -> 1
// run: data=inc12 0800 4500 0040 0000 0000 40 11 0000 01020304 05060708 -> 0
// run: data=inc12 0800 4500 0014 0000 0000 40 11 0000 01020304 05060708 -> 2
// run: data=inc12 0800 4500 0014 0000 0000 40 11 0000 7f020304 05060708 -> 4
SEC("xdp") int sanity(struct xdp_md *ctx)
{
	struct ipv4 *ip = ipv4_of(ctx);

	if (!ip)
		return XDP_PASS;
	if (ip->frag & bpf_htons(0x3fff))
		return XDP_DROP;
	if (bpf_ntohs(ip->len) > DATA_END(ctx) - (void *)ip)
		return XDP_ABORTED;
	__u8 first = bpf_ntohl(ip->src) >> 24;
	return first == 127 || first == 0 || first >= 224 ? XDP_REDIRECT : XDP_PASS;
}

// A SYN cookie from a hash of addresses and ports.
// program: syn_cookie
// but: ok root: beyond, pointers into packets are not NULL
// run: data=inc12 0800 4500 0028 0000 0000 40 06 0000 01020304 05060708 1000 0050 00000000 00000000 5002 ffff 0000 0000 -> 0x584a9100
// run: data=inc12 0800 4500 0028 0000 0000 40 06 0000 01020304 05060708 1000 0050 00000000 00000000 5010 ffff 0000 0000 -> 2
SEC("xdp") int syn_cookie(struct xdp_md *ctx)
{
	struct ipv4 *ip = ipv4_of(ctx);
	struct tcp *tcp = ip ? (void *)(ip + 1) : 0;

	if (!ip || (void *)(tcp + 1) > DATA_END(ctx) || ip->proto != 6)
		return XDP_DROP;
	if (!tcp->syn || tcp->ackf)
		return XDP_PASS;
	__u64 v = (__u64)ip->src << 32 | ip->dst;
	v ^= (__u64)tcp->src << 16 | tcp->dst;
	v *= 0xff51afd7ed558ccdull;
	v ^= v >> 33;
	return (__u32)v & 0xffffff00;
}

// The metadata in front of the packet carries a mark.
// program: meta_mark
// kernel: no, a test run gives the metadata back in front of the packet
// run: data=inc14 -> 2
SEC("xdp") int meta_mark(struct xdp_md *ctx)
{
	if (bpf_xdp_adjust_meta(ctx, -4))
		return XDP_ABORTED;
	__u32 *meta = (void *)(long)ctx->data_meta;
	if ((void *)(meta + 1) > DATA(ctx))
		return XDP_DROP;
	*meta = 0x12345678;
	return XDP_PASS;
}

// Trailing bytes are cut off.
// program: truncate
// run: data=inc40 -> 2 out=inc32
// run: data=inc20 -> 1
SEC("xdp") int truncate(struct xdp_md *ctx)
{
	int len = DATA_END(ctx) - DATA(ctx);

	if (len < 32)
		return XDP_DROP;
	return bpf_xdp_adjust_tail(ctx, 32 - len) ? XDP_ABORTED : XDP_PASS;
}

// A domain's port among several, by 6-tuple in a struct on the stack with explicit padding.
struct key6 {
	__be32 src[4];
	__be16 port;
	__u16 pad;
};
MAP(allow6, HASH, struct key6, __u32, 8);

// program: allow_ipv6
// init allow6: inc16 0050 0000=7/4
// run: data=inc12 86dd 60000000 0014 06 40 inc16 inc16 1000 0050 inc16 -> 7
// run: data=inc12 86dd 60000000 0014 06 40 inc16 inc16 1000 0051 inc16 -> 1
SEC("xdp") int allow_ipv6(struct xdp_md *ctx)
{
	struct eth *eth = DATA(ctx);
	struct ipv6 *ip = (void *)(eth + 1);
	struct tcp *tcp = (void *)(ip + 1);
	struct key6 key = {};

	if ((void *)(tcp + 1) > DATA_END(ctx) || eth->proto != P_IP6)
		return XDP_DROP;
	__builtin_memcpy(key.src, ip->src, 16);
	key.port = tcp->dst;
	__u32 *n = bpf_map_lookup_elem(&allow6, &key);
	return n ? *n : XDP_DROP;
}
