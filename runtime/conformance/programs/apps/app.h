/* Headers and helpers of the programs of this folder. SPDX-License-Identifier: Apache-2.0 OR MIT */
#include <stingless/bpf.h>

char LICENSE[] SEC("license") = "Dual MIT/GPL";

#define DATA(ctx) ((void *)(long)(ctx)->data)
#define DATA_END(ctx) ((void *)(long)(ctx)->data_end)
#define NOINLINE __attribute__((noinline))
#define barrier_var(v) asm volatile("" : "+r"(v))

struct eth {
	__u8 dst[6];
	__u8 src[6];
	__be16 proto;
};
struct ipv4 {
	__u8 ihl : 4, version : 4;
	__u8 tos;
	__be16 len, id, frag;
	__u8 ttl, proto;
	__u16 check;
	__be32 src, dst;
};
struct ipv6 {
	__u8 prio : 4, version : 4;
	__u8 flow[3];
	__be16 len;
	__u8 next, hops;
	__be32 src[4], dst[4];
};
struct tcp {
	__be16 src, dst;
	__be32 seq, ack;
	__u16 res1 : 4, doff : 4, fin : 1, syn : 1, rst : 1, psh : 1, ackf : 1, urg : 1, ece : 1, cwr : 1;
	__be16 window;
	__u16 check;
	__be16 urgent;
};
struct udp {
	__be16 src, dst, len;
	__u16 check;
};

#define MAP(name, kind, k, v, n)            \
	struct {                            \
		__uint(type, kind);         \
		__uint(max_entries, n);     \
		__type(key, k);             \
		__type(value, v);           \
	} name SEC(".maps")
#define RING(name, n)                                  \
	struct {                                       \
		__uint(type, BPF_MAP_TYPE_RINGBUF);    \
		__uint(max_entries, n);                \
	} name SEC(".maps")
#define ARRAY BPF_MAP_TYPE_ARRAY
#define HASH BPF_MAP_TYPE_HASH

/* Payload behind an Ethernet header, of up to `max` bytes, checked byte by byte. */
#define EACH(ctx, i, byte, max)                                                                                \
	for (__u8 *_p = DATA(ctx) + 14, *_e = DATA_END(ctx), byte, i = 0; i < (max); i++, _p++)                 \
		if ((void *)(_p + 1) > (void *)_e)                                                              \
			break;                                                                                  \
		else if (byte = *_p, 1)
