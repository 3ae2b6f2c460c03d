/* What the mistakes in this folder share; nothing here is wrong. SPDX-License-Identifier: Apache-2.0 OR MIT */
#include <stingless/bpf.h>

struct ethhdr {
    __u8 h_dest[6], h_source[6];
    __be16 h_proto;
} __attribute__((packed));
struct vlanhdr {
    __be16 tci, proto;
};
struct iphdr {
    __u8 ihl : 4, version : 4, tos;
    __be16 tot_len, id, frag_off;
    __u8 ttl, protocol;
    __be16 check;
    __be32 saddr, daddr;
};
struct ipv6hdr {
    __u8 first[4];
    __be16 payload_len;
    __u8 nexthdr, hop_limit;
    __u8 saddr[16], daddr[16];
};
struct udphdr {
    __be16 source, dest, len, check;
};
struct tcphdr {
    __be16 source, dest;
    __be32 seq, ack_seq;
    __u16 res1 : 4, doff : 4, fin : 1, syn : 1, rst : 1, psh : 1, ack : 1, urg : 1, ece : 1, cwr : 1;
    __be16 window, check, urg_ptr;
};
struct dnshdr {
    __be16 id, flags, questions, answers, authority, additional;
};

struct flow {
    __u32 saddr, daddr;
    __u16 sport, dport;
    __u8 proto;
};
struct stats {
    __u64 packets, bytes;
    __u32 last_len;
    __u8 name[36];
};
struct event {
    __u32 pid;
    __u32 len;
    __u64 at;
    __u8 payload[64];
};

struct {
    __uint(type, BPF_MAP_TYPE_HASH);
    __uint(max_entries, 1024);
    __type(key, __u32);
    __type(value, struct stats);
} by_ip SEC(".maps");
struct {
    __uint(type, BPF_MAP_TYPE_HASH);
    __uint(max_entries, 1024);
    __type(key, struct flow);
    __type(value, __u64);
} flows SEC(".maps");
struct {
    __uint(type, BPF_MAP_TYPE_ARRAY);
    __uint(max_entries, 64);
    __type(key, __u32);
    __type(value, __u64);
} counters SEC(".maps");
struct {
    __uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
    __uint(max_entries, 1);
    __type(key, __u32);
    __type(value, struct event);
} scratch SEC(".maps");
struct {
    __uint(type, BPF_MAP_TYPE_RINGBUF);
    __uint(max_entries, 4096);
} events SEC(".maps");

#define DATA(ctx) ((void *)(long)(ctx)->data)
#define DATA_END(ctx) ((void *)(long)(ctx)->data_end)

char LICENSE[] SEC("license") = "GPL";
