// Parsers of packets: one header after the other, options, extensions, tunnels.
// hook: xdp
// levels: O2.v3 O2.v1 Os.v4
#include "app.h"

// The protocol of an Ethernet frame behind up to two tags.
// program: vlan_depth
// run: data=ffffffffffff 020202020202 8100 0064 0800 inc20 -> 0x10800
// run: data=ffffffffffff 020202020202 88a8 0064 8100 0065 86dd inc40 -> 0x286dd
// run: data=ffffffffffff 020202020202 0806 inc28 -> 0x806
SEC("xdp") int vlan_depth(struct xdp_md *ctx)
{
	void *end = DATA_END(ctx), *p = DATA(ctx) + 12;
	__u32 depth = 0;

	for (int i = 0; i < 3; i++) {
		__be16 *proto = p;
		if ((void *)(proto + 1) > end)
			return 0;
		if (*proto != bpf_htons(0x8100) && *proto != bpf_htons(0x88a8))
			return depth << 16 | bpf_ntohs(*proto);
		depth++;
		p += 4;
	}
	return 0xffffffff;
}

// Number and kinds of IPv4 options.
// program: ipv4_options
// run: data=inc12 0800 47 00 0020 0000 0000 40 11 0000 01020304 05060708 01 94040000 01 00 00 inc8 -> 0x394
// run: data=inc12 0800 45 00 0014 0000 0000 40 11 0000 01020304 05060708 -> 0
// run: data=inc12 0800 46 00 0018 0000 0000 40 11 0000 01020304 05060708 07 00 00 00 -> 0xbad
SEC("xdp") int ipv4_options(struct xdp_md *ctx)
{
	struct ipv4 *ip = DATA(ctx) + sizeof(struct eth);
	void *end = DATA_END(ctx);
	__u32 count = 0, last = 0;

	if ((void *)(ip + 1) > end || ip->version != 4 || ip->ihl < 5)
		return -1;
	__u32 len = ip->ihl * 4 - 20;
	__u8 *opt = (void *)(ip + 1);
	for (int i = 0, at = 0; i < 12 && at < len; i++) {
		if ((void *)(opt + 1) > end)
			return 0xbad0;
		if (*opt == 0)
			break;
		count++;
		if (*opt == 1) {
			opt++;
			at++;
			continue;
		}
		if ((void *)(opt + 2) > end)
			return 0xbad1;
		__u8 size = opt[1];
		if (size < 2)
			return 0xbad;
		last = *opt;
		at += size;
		opt += size;
	}
	return count << 8 | last;
}

// The upper protocol behind IPv6 extension headers.
// program: ipv6_ext
// run: data=inc12 86dd 60000000 0010 00 40 inc32 2b00 000000000000 1100 000000000000 inc8 -> 0x0211
// run: data=inc12 86dd 60000000 0010 06 40 inc32 inc20 -> 0x6
SEC("xdp") int ipv6_ext(struct xdp_md *ctx)
{
	struct ipv6 *ip = DATA(ctx) + sizeof(struct eth);
	void *end = DATA_END(ctx), *p = ip + 1;

	if (p > end)
		return -1;
	__u8 next = ip->next;
	__u32 skipped = 0;
	for (int i = 0; i < 6; i++) {
		__u8 *ext = p;
		if (next != 0 && next != 43 && next != 44 && next != 51 && next != 60)
			break;
		if ((void *)(ext + 8) > end)
			return -2;
		__u32 len = next == 44 ? 8 : next == 51 ? (ext[1] + 2) * 4 : (ext[1] + 1) * 8;
		next = ext[0];
		p += len;
		skipped++;
	}
	return skipped << 8 | next;
}

// MSS and window scale of a SYN.
// program: tcp_mss
// run: data=inc34 0050 1f90 00000000 00000000 7002 ffff 0000 0000 020405b4 010303 07 -> 0x705b4
// run: data=inc34 0050 1f90 00000000 00000000 5002 ffff 0000 0000 -> 0
SEC("xdp") int tcp_mss(struct xdp_md *ctx)
{
	struct tcp *tcp = DATA(ctx) + 34;
	void *end = DATA_END(ctx);
	__u32 mss = 0, scale = 0;

	if ((void *)(tcp + 1) > end)
		return -1;
	__u8 *p = (void *)(tcp + 1), *last = (void *)tcp + tcp->doff * 4;
	for (int i = 0; i < 4; i++) {
		if (p >= last || (void *)(p + 1) > end)
			break;
		if (*p == 0)
			break;
		if (*p == 1) {
			p++;
			continue;
		}
		if ((void *)(p + 2) > end)
			break;
		__u8 size = p[1];
		if (*p == 2 && size == 4 && (void *)(p + 4) <= end)
			mss = p[2] << 8 | p[3];
		if (*p == 3 && size == 3 && (void *)(p + 3) <= end)
			scale = p[2];
		if (size < 2)
			break;
		p += size;
	}
	return scale << 16 | mss;
}

// program: tcp_flags
// run: data=inc34 0050 1f90 00000001 00000002 5012 ffff 0000 0000 -> 0x12
// run: data=inc34 0050 1f90 00000001 00000002 5029 ffff 0000 0000 -> 0x29
SEC("xdp") int tcp_flags(struct xdp_md *ctx)
{
	struct tcp *t = DATA(ctx) + 34;

	if ((void *)(t + 1) > DATA_END(ctx))
		return -1;
	return t->fin | t->syn << 1 | t->rst << 2 | t->psh << 3 | t->ackf << 4 | t->urg << 5 | t->ece << 6 | t->cwr << 7;
}

// program: udp_ports
// run: data=inc34 0035 c350 0010 0000 -> 0x0035c350
SEC("xdp") int udp_ports(struct xdp_md *ctx)
{
	struct udp *u = DATA(ctx) + 34;

	if ((void *)(u + 1) > DATA_END(ctx))
		return 0;
	return bpf_ntohs(u->src) << 16 | bpf_ntohs(u->dst);
}

// Length of the name in a DNS question, and its type.
// program: dns_question
// run: data=inc42 1234 0100 0001 0000 0000 0000 03777777 076578616d706c65 03636f6d 00 0001 0001 -> 0x10011
// run: data=inc42 1234 8100 0001 0000 0000 0000 03777777 00 0001 0001 -> 0
// run: data=inc42 1234 0100 0001 0000 0000 0000 c00c 0001 0001 -> 0xc0
SEC("xdp") int dns_question(struct xdp_md *ctx)
{
	struct dns {
		__be16 id, flags, qd, an, ns, ar;
	} *dns = DATA(ctx) + 42;
	void *end = DATA_END(ctx);

	if ((void *)(dns + 1) > end || dns->flags & bpf_htons(0x8000) || dns->qd != bpf_htons(1))
		return 0;
	__u8 *p = (void *)(dns + 1);
	__u32 len = 0;
	for (int i = 0; i < 16; i++) {
		if ((void *)(p + 1) > end)
			return -1;
		__u8 n = *p;
		if (n == 0)
			break;
		if (n & 0xc0)
			return 0xc0;
		len += n + 1;
		p += n + 1;
	}
	if ((void *)(p + 5) > end)
		return -2;
	return (p[1] << 8 | p[2]) << 16 | (len + 1);
}

// program: icmp_echo
// run: data=inc12 0800 45 inc8 01 inc10 0800 0000 abcd 0007 -> 0xabcd0007
// run: data=inc12 0800 45 inc8 01 inc10 0300 0000 abcd 0007 -> 3
// run: data=inc12 0800 45 inc8 11 inc10 0800 0000 abcd 0007 -> 0xff
SEC("xdp") int icmp_echo(struct xdp_md *ctx)
{
	struct ipv4 *ip = DATA(ctx) + 14;
	struct icmp {
		__u8 type, code;
		__be16 check, id, seq;
	} *icmp = (void *)(ip + 1);

	if ((void *)(icmp + 1) > DATA_END(ctx))
		return 0;
	if (ip->proto != 1)
		return 0xff;
	if (icmp->type != 8 && icmp->type != 0)
		return icmp->type;
	return bpf_ntohs(icmp->id) << 16 | bpf_ntohs(icmp->seq);
}

// Length of a GRE header with its optional fields, and the protocol inside.
// program: gre_header
// run: data=inc34 b000 6558 inc12 -> 0x106558
// run: data=inc34 0000 0800 inc12 -> 0x40800
SEC("xdp") int gre_header(struct xdp_md *ctx)
{
	__be16 *gre = DATA(ctx) + 34;

	if ((void *)(gre + 2) > DATA_END(ctx))
		return 0;
	__u16 flags = bpf_ntohs(gre[0]);
	__u32 len = 4;
	if (flags & 0x8000)
		len += 4;
	if (flags & 0x2000)
		len += 4;
	if (flags & 0x1000)
		len += 4;
	return len << 16 | bpf_ntohs(gre[1]);
}

// program: vxlan_vni
// run: data=inc34 inc2 12b5 0000 0000 08000000 00abcd00 inc14 -> 0xabcd
// run: data=inc34 inc2 0035 0000 0000 08000000 00abcd00 inc14 -> 0
SEC("xdp") int vxlan_vni(struct xdp_md *ctx)
{
	struct udp *u = DATA(ctx) + 34;
	__be32 *vx = (void *)(u + 1);

	if ((void *)(vx + 2) > DATA_END(ctx) || u->dst != bpf_htons(4789) || !(vx[0] & bpf_htonl(0x08000000)))
		return 0;
	return bpf_ntohl(vx[1]) >> 8;
}

// The first option of a Geneve header.
// program: geneve_option
// run: data=inc42 02 00 6558 00000a 00 0102 80 01 deadbeef inc14 -> 0xdeadbeef
// run: data=inc42 00 00 6558 00000a 00 inc14 -> 0
SEC("xdp") int geneve_option(struct xdp_md *ctx)
{
	__u8 *g = DATA(ctx) + 42;
	void *end = DATA_END(ctx);

	if ((void *)(g + 8) > end)
		return -1;
	__u32 len = (g[0] & 0x3f) * 4;
	if (len < 8)
		return 0;
	__u8 *opt = g + 8;
	if ((void *)(opt + 8) > end || (opt[3] & 0x1f) < 1)
		return -2;
	return bpf_ntohl(*(__be32 *)(opt + 4));
}

// The label at the bottom of an MPLS stack.
// program: mpls_bottom
// run: data=inc12 8847 00010040 00020040 00030140 45 inc19 -> 0x30030
// run: data=inc12 8847 00010140 45 inc19 -> 0x10010
SEC("xdp") int mpls_bottom(struct xdp_md *ctx)
{
	__be32 *p = DATA(ctx) + 14;
	void *end = DATA_END(ctx);

	for (__u32 i = 1; i <= 5; i++, p++) {
		if ((void *)(p + 1) > end)
			return -1;
		__u32 entry = bpf_ntohl(*p);
		if (entry & 0x100)
			return i << 16 | entry >> 12;
	}
	return -2;
}

// program: arp_request
// run: data=inc12 0806 0001 0800 06 04 0001 inc6 c0a80001 000000000000 c0a80002 -> 0xc0a80002
// run: data=inc12 0806 0001 0800 06 04 0002 inc6 c0a80001 000000000000 c0a80002 -> 0
SEC("xdp") int arp_request(struct xdp_md *ctx)
{
	struct arp {
		__be16 hw, proto;
		__u8 hlen, plen;
		__be16 op;
		__u8 sha[6];
		__be32 spa;
		__u8 tha[6];
		__be32 tpa;
	} __attribute__((packed)) *arp = DATA(ctx) + 14;

	if ((void *)(arp + 1) > DATA_END(ctx) || arp->op != bpf_htons(1) || arp->hlen != 6 || arp->plen != 4)
		return 0;
	return bpf_ntohl(arp->tpa);
}

// DHCP's message type, found among the options.
// program: dhcp_type
// run: data=inc42 inc236 63825363 0c0161 350103 ff -> 3
// run: data=inc42 inc236 63825363 ff -> 0
SEC("xdp") int dhcp_type(struct xdp_md *ctx)
{
	__u8 *p = DATA(ctx) + 42 + 236;
	void *end = DATA_END(ctx);

	if ((void *)(p + 4) > end || *(__be32 *)p != bpf_htonl(0x63825363))
		return -1;
	p += 4;
	for (int i = 0; i < 12; i++) {
		if ((void *)(p + 3) > end)
			return 0;
		if (p[0] == 255)
			return 0;
		if (p[0] == 53)
			return p[2];
		p += p[0] == 0 ? 1 : p[1] + 2;
	}
	return -2;
}

// program: ntp_mode
// run: data=inc42 e3 00 03 fa inc44 -> 0x403
SEC("xdp") int ntp_mode(struct xdp_md *ctx)
{
	__u8 *ntp = DATA(ctx) + 42;

	if ((void *)(ntp + 48) > DATA_END(ctx))
		return 0;
	return (ntp[0] >> 3 & 7) << 8 | (ntp[0] & 7);
}

// The length of a QUIC connection id, 4 at least, and its first bytes, whose check the compiler drops for that.
// program: quic_dcid
// but: ok live: beyond, what the length says of the bytes behind it is proved by refinement
// run: data=inc42 c0 00 00 00 01 04 11 22 33 44 -> 0x11223344
SEC("xdp") int quic_dcid(struct xdp_md *ctx)
{
	__u8 *q = DATA(ctx) + 42;
	void *end = DATA_END(ctx);

	if ((void *)(q + 6) > end || !(q[0] & 0x80))
		return 0;
	__u8 len = q[5];
	if (len > 20 || len < 4)
		return -1;
	if ((void *)(q + 6 + len) > end)
		return -2;
	if ((void *)(q + 10) > end)
		return -3;
	return q[6] << 24 | q[7] << 16 | q[8] << 8 | q[9];
}

// A QUIC variable-length integer.
// program: quic_varint
// run: data=inc14 c2197c5eff14e88c inc8 -> 0xfd0d94d2
// run: data=inc14 9d7f3e7d inc12 -> 0x1d7f3e7d
// run: data=inc14 7bbd inc14 -> 0x3bbd
// run: data=inc14 25 inc15 -> 0x25
SEC("xdp") int quic_varint(struct xdp_md *ctx)
{
	__u8 *p = DATA(ctx) + 14;
	void *end = DATA_END(ctx);

	if ((void *)(p + 1) > end)
		return 0;
	__u32 len = 1u << (*p >> 6);
	__u64 value = *p & 0x3f;
	for (__u32 i = 1; i < 8; i++) {
		if (i >= len)
			break;
		if ((void *)(p + i + 1) > end)
			return -1;
		value = value << 8 | p[i];
	}
	return value ^ value >> 32;
}

// IP in IP: the inner destination.
// program: ipip_inner
// run: data=inc12 0800 45 inc8 04 inc10 45 inc15 0a000001 -> 0x0a000001
SEC("xdp") int ipip_inner(struct xdp_md *ctx)
{
	struct ipv4 *outer = DATA(ctx) + 14;
	void *end = DATA_END(ctx);

	if ((void *)(outer + 1) > end || outer->proto != 4)
		return 0;
	struct ipv4 *inner = (void *)outer + outer->ihl * 4;
	if ((void *)(inner + 1) > end || inner->version != 4)
		return 1;
	return bpf_ntohl(inner->dst);
}

// An 802.3 frame with an LLC/SNAP header.
// program: llc_snap
// run: data=inc12 0020 aaaa03 000000 0800 inc20 -> 0x800
// run: data=inc12 0800 inc30 -> 0xffff0800
SEC("xdp") int llc_snap(struct xdp_md *ctx)
{
	struct snap {
		__u8 dsap, ssap, ctrl, oui[3];
		__be16 proto;
	} __attribute__((packed)) *s;
	struct eth *eth = DATA(ctx);
	void *end = DATA_END(ctx);

	if ((void *)(eth + 1) > end)
		return 0;
	__u16 type = bpf_ntohs(eth->proto);
	if (type >= 1536)
		return 0xffff0000 | type;
	s = (void *)(eth + 1);
	if ((void *)(s + 1) > end || s->dsap != 0xaa || s->ssap != 0xaa || s->ctrl != 3)
		return 1;
	return bpf_ntohs(s->proto);
}

// Server name of a TLS client hello, as far as its length.
// program: tls_hello
// run: data=inc54 16 0301 0030 01 00002c 0303 inc32 00 0002 1301 0100 -> 0x0303
// run: data=inc54 17 0301 0030 01 00002c 0303 inc32 00 0002 1301 0100 -> 0
SEC("xdp") int tls_hello(struct xdp_md *ctx)
{
	__u8 *p = DATA(ctx) + 54;
	void *end = DATA_END(ctx);

	if ((void *)(p + 44) > end || p[0] != 0x16 || p[5] != 1)
		return 0;
	__u8 sid = p[43];
	if (sid > 32)
		return 1;
	__u8 *suites = p + 44 + sid;
	if ((void *)(suites + 2) > end)
		return 2;
	return p[9] << 8 | p[10];
}

// program: multicast
// run: data=01005e000001 020202020202 0800 inc20 -> 1
// run: data=ffffffffffff 020202020202 0800 inc20 -> 2
// run: data=020000000001 020202020202 0800 inc20 -> 0
SEC("xdp") int multicast(struct xdp_md *ctx)
{
	struct eth *eth = DATA(ctx);

	if ((void *)(eth + 1) > DATA_END(ctx))
		return -1;
	__u64 mac = 0;
	__builtin_memcpy(&mac, eth->dst, 6);
	if (mac == 0xffffffffffffull)
		return 2;
	return eth->dst[0] & 1;
}
