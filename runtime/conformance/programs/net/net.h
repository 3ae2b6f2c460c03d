/* Headers of packets, and what the programs of this folder share. SPDX-License-Identifier: Apache-2.0 OR MIT */
#include <stingless/bpf.h>

char LICENSE[] SEC("license") = "Dual MIT/GPL";

#define DATA(ctx) ((void *)(long)(ctx)->data)
#define DATA_END(ctx) ((void *)(long)(ctx)->data_end)
#define NEXT(p) ((void *)((p) + 1))
#define barrier() asm volatile("" ::: "memory")

#define XDP_ABORTED 0
#define XDP_DROP 1
#define XDP_PASS 2
#define XDP_TX 3
#define TC_OK 0
#define TC_SHOT 2

#define P_IP 0x0800
#define P_IPV6 0x86dd
#define P_ARP 0x0806
#define P_8021Q 0x8100
#define P_8021AD 0x88a8
#define TCP 6
#define UDP 17
#define ICMP 1
#define ICMP6 58

struct eth {
	__u8 dst[6];
	__u8 src[6];
	__be16 proto;
};
struct vlan {
	__be16 tci;
	__be16 proto;
};
struct ipv4 {
	__u8 ihl : 4, version : 4;
	__u8 tos;
	__be16 len;
	__be16 id;
	__be16 frag;
	__u8 ttl;
	__u8 proto;
	__u16 check;
	__be32 src;
	__be32 dst;
};
struct ipv6 {
	__u8 prio : 4, version : 4;
	__u8 flow[3];
	__be16 len;
	__u8 next;
	__u8 hops;
	__be32 src[4];
	__be32 dst[4];
};
struct ext6 {
	__u8 next;
	__u8 len;
};
struct tcp {
	__be16 src;
	__be16 dst;
	__be32 seq;
	__be32 ack;
	__u16 res1 : 4, doff : 4, fin : 1, syn : 1, rst : 1, psh : 1, ackf : 1, urg : 1, ece : 1, cwr : 1;
	__be16 window;
	__u16 check;
	__be16 urgent;
};
struct udp {
	__be16 src;
	__be16 dst;
	__be16 len;
	__u16 check;
};
struct arp {
	__be16 hw, proto;
	__u8 hlen, plen;
	__be16 op;
	__u8 sha[6];
	__u8 spa[4];
	__u8 tha[6];
	__u8 tpa[4];
} __attribute__((packed));

#define MAP(name, kind, k, v, n)                        \
	struct {                                        \
		__uint(type, kind);                     \
		__uint(max_entries, n);                 \
		__type(key, k);                         \
		__type(value, v);                       \
	} name SEC(".maps")
#define RING(name, n)                                   \
	struct {                                        \
		__uint(type, BPF_MAP_TYPE_RINGBUF);     \
		__uint(max_entries, n);                 \
	} name SEC(".maps")

static __always_inline __u16 fold(__u32 sum)
{
	sum = (sum & 0xffff) + (sum >> 16);
	sum = (sum & 0xffff) + (sum >> 16);
	return ~sum;
}
