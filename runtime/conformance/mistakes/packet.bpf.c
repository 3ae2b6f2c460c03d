// Packets: what is there, and what has moved.
#include "mistakes.h"

// expect: bounds
SEC("xdp") int nothing_checked(struct xdp_md *ctx)
{
    struct ethhdr *eth = DATA(ctx);                    // <- why
    return eth->h_proto == bpf_htons(0x0800) ? XDP_PASS : XDP_DROP; // <- here
}

// expect: bounds
SEC("xdp") int ethernet_checked_ip_read(struct xdp_md *ctx)
{
    void *data = DATA(ctx), *end = DATA_END(ctx); // <- why
    struct ethhdr *eth = data;
    if ((void *)(eth + 1) > end) // <- why
        return XDP_PASS;
    struct iphdr *ip = (void *)(eth + 1);
    return ip->protocol == 17 ? XDP_DROP : XDP_PASS; // <- here
}

// The size of a pointer in place of the header's.
// expect: bounds
SEC("xdp") int size_of_a_pointer(struct xdp_md *ctx)
{
    void *data = DATA(ctx), *end = DATA_END(ctx);
    struct iphdr *ip = data + sizeof(struct ethhdr);
    if ((void *)ip + sizeof(ip) > end) // <- why
        return XDP_PASS;
    return ip->daddr ? XDP_PASS : XDP_DROP; // <- here
}

// expect: bounds
SEC("xdp") int inverted(struct xdp_md *ctx)
{
    void *data = DATA(ctx), *end = DATA_END(ctx);
    struct ethhdr *eth = data;
    if ((void *)(eth + 1) <= end) // <- why
        return XDP_PASS;
    return eth->h_dest[0]; // <- here
}

// expect: bounds
SEC("xdp") int off_by_one(struct xdp_md *ctx)
{
    __u8 *data = DATA(ctx), *end = DATA_END(ctx);
    if (data + 14 > end) // <- why
        return XDP_PASS;
    return data[14]; // <- here
}

// The options' length goes into the offset, and only the fixed header was checked.
// expect: bounds
SEC("xdp") int ip_options(struct xdp_md *ctx)
{
    void *data = DATA(ctx), *end = DATA_END(ctx);
    struct iphdr *ip = data + sizeof(struct ethhdr);
    if ((void *)(ip + 1) > end)
        return XDP_PASS;
    struct udphdr *udp = (void *)ip + ip->ihl * 4;     // <- why
    return udp->dest == bpf_htons(53) ? XDP_DROP : XDP_PASS; // <- here
}

// The next header lies behind a length that the packet names, checked against nothing.
// expect: bounds
SEC("xdp") int length_from_the_packet(struct xdp_md *ctx)
{
    __u8 *data = DATA(ctx), *end = DATA_END(ctx);
    if (data + 16 > end)
        return XDP_PASS;
    __u32 skip = *(__u32 *)data; // <- why
    __u8 *next = data + skip;
    if (next + 1 > end)
        return XDP_PASS;
    return next[0]; // <- here
}

// A check with the wrong pointer.
// expect: bounds
SEC("xdp") int the_wrong_header_checked(struct xdp_md *ctx)
{
    void *data = DATA(ctx), *end = DATA_END(ctx);
    struct ethhdr *eth = data;
    struct iphdr *ip = (void *)(eth + 1);
    struct udphdr *udp = (void *)(ip + 1);
    if ((void *)udp > end) // <- why
        return XDP_PASS;
    return udp->len; // <- here
}

// expect: bounds
SEC("xdp") int tcp_checked_as_udp(struct xdp_md *ctx)
{
    void *data = DATA(ctx), *end = DATA_END(ctx);
    struct tcphdr *tcp = data + 34;
    if ((void *)tcp + sizeof(struct udphdr) > end) // <- why
        return XDP_PASS;
    return tcp->window; // <- here
}

// A loop over the payload with a bound that is not the packet's.
// expect: bounds
SEC("xdp") int payload_loop(struct xdp_md *ctx)
{
    __u8 *data = DATA(ctx), *end = DATA_END(ctx); // <- why
    __u32 sum = 0;
    if (data + 34 > end) // <- why
        return XDP_PASS;
    for (int i = 0; i < 64; i++)
        sum += data[i]; // <- here
    return sum & 1;
}

// memcpy of a header that was not checked whole.
// expect: bounds
SEC("xdp") int copy_of_a_header(struct xdp_md *ctx)
{
    void *data = DATA(ctx), *end = DATA_END(ctx);
    struct ethhdr copy;
    if (data + 6 > end) // <- why
        return XDP_PASS;
    __builtin_memcpy(&copy, data, sizeof(copy)); // <- here
    return copy.h_dest[0] ^ copy.h_source[0];
}

// expect: bounds
SEC("xdp") int in_front_of_the_packet(struct xdp_md *ctx)
{
    __u8 *data = DATA(ctx), *end = DATA_END(ctx); // <- why
    if (data + 14 > end)
        return XDP_PASS;
    return *(volatile __u8 *)(data - 2); // <- here
}

// Metadata lies in front of the packet and has its own end, which is `data`.
// expect: bounds
SEC("xdp") int metadata_unchecked(struct xdp_md *ctx)
{
    __u32 *meta = (void *)(long)ctx->data_meta; // <- why
    return meta[0] ? XDP_DROP : XDP_PASS;       // <- here
}

// The end of the packet as if it was memory.
// expect: type
SEC("xdp") int last_byte_by_the_end(struct xdp_md *ctx)
{
    __u8 *end = DATA_END(ctx);                 // <- why
    return *(volatile __u8 *)end ? XDP_DROP : XDP_PASS; // <- here
}

// expect: provenance
SEC("xdp") int arithmetic_on_the_end(struct xdp_md *ctx)
{
    __u8 *data = DATA(ctx), *end = DATA_END(ctx); // <- why
    __u8 *last = end - 1;                         // <- here
    if (last < data)
        return XDP_PASS;
    return *last;
}

// expect: packet-stale
SEC("xdp") int after_adjust_head(struct xdp_md *ctx)
{
    void *data = DATA(ctx), *end = DATA_END(ctx);
    struct ethhdr *eth = data;
    if ((void *)(eth + 1) > end)
        return XDP_PASS;
    if (bpf_xdp_adjust_head(ctx, -20)) // <- why
        return XDP_DROP;
    eth->h_proto = bpf_htons(0x0800); // <- here
    return XDP_TX;
}

// expect: packet-stale
SEC("xdp") int after_adjust_tail(struct xdp_md *ctx)
{
    __u8 *data = DATA(ctx), *end = DATA_END(ctx);
    if (data + 34 > end)
        return XDP_PASS;
    __u8 first = data[0];
    bpf_xdp_adjust_tail(ctx, -4); // <- why
    data[1] = first;              // <- here
    return XDP_TX;
}

// expect: packet-stale
SEC("tc") int after_pull_data(struct __sk_buff *skb)
{
    void *data = DATA(skb), *end = DATA_END(skb);
    struct ethhdr *eth = data;
    if ((void *)(eth + 1) > end)
        return TC_ACT_OK;
    bpf_skb_pull_data(skb, 64); // <- why
    return eth->h_proto == 8 ? TC_ACT_SHOT : TC_ACT_OK; // <- here
}

// expect: packet-stale
SEC("tc") int after_store_bytes(struct __sk_buff *skb)
{
    void *data = DATA(skb), *end = DATA_END(skb);
    struct iphdr *ip = data + sizeof(struct ethhdr);
    if ((void *)(ip + 1) > end)
        return TC_ACT_OK;
    __u8 ttl = 64;
    bpf_skb_store_bytes(skb, 22, &ttl, 1, 0); // <- why
    return ip->protocol == 6 ? TC_ACT_SHOT : TC_ACT_OK; // <- here
}

// expect: packet-stale
SEC("tc") int after_change_proto_the_end_is_old(struct __sk_buff *skb)
{
    void *end = DATA_END(skb);
    bpf_skb_change_tail(skb, 128, 0); // <- why
    __u8 *data = DATA(skb);
    if ((void *)(data + 14) > end) // <- here
        return TC_ACT_OK;
    return data[0];
}

static __noinline int shrink(struct __sk_buff *skb)
{
    return bpf_skb_change_tail(skb, 64, 0); // <- why moved_by_a_function
}

// expect: packet-stale
SEC("tc") int moved_by_a_function(struct __sk_buff *skb)
{
    __u8 *data = DATA(skb), *end = DATA_END(skb);
    if (data + 14 > end)
        return TC_ACT_OK;
    if (shrink(skb)) // <- why
        return TC_ACT_OK;
    return data[0]; // <- here
}

// expect: packet-stale
SEC("tc") int vlan_pushed_in_between(struct __sk_buff *skb)
{
    void *data = DATA(skb), *end = DATA_END(skb);
    struct ethhdr *eth = data;
    if ((void *)(eth + 1) > end)
        return TC_ACT_OK;
    bpf_skb_vlan_push(skb, bpf_htons(0x8100), 5); // <- why
    eth->h_dest[0] = 2;                           // <- here
    return TC_ACT_OK;
}

// The host byte-swapped length of UDP is the bound of a loop.
// expect: bounds
SEC("xdp") int udp_length_is_no_proof(struct xdp_md *ctx)
{
    void *data = DATA(ctx), *end = DATA_END(ctx);
    struct udphdr *udp = data + 34;
    if ((void *)(udp + 1) > end) // <- why
        return XDP_PASS;
    __u16 len = bpf_ntohs(udp->len);
    __u8 *payload = (void *)(udp + 1);
    if (len < 12)
        return XDP_PASS;
    return payload[3]; // <- here
}

// ARP in place of IP, with the type's size as a plain number that is too small.
// expect: bounds
SEC("tc") int read_eight_checked_four(struct __sk_buff *skb)
{
    __u8 *data = DATA(skb), *end = DATA_END(skb);
    if (data + 4 > end) // <- why
        return TC_ACT_OK;
    return *(__u64 *)data == 0 ? TC_ACT_SHOT : TC_ACT_OK; // <- here
}

// The packet's bytes are given to a helper that reads more of them than were checked.
// expect: bounds
SEC("xdp") int packet_as_key(struct xdp_md *ctx)
{
    __u8 *data = DATA(ctx), *end = DATA_END(ctx);
    if (data + 2 > end) // <- why
        return XDP_PASS;
    struct stats *s = bpf_map_lookup_elem(&by_ip, data); // <- here
    return s ? XDP_DROP : XDP_PASS;
}

// expect: bounds
SEC("raw") int raw_memory(__u8 *mem, __u64 len)
{
    return mem[0] == 'G'; // <- here
}

// expect: bounds
SEC("raw") int raw_off_by_one(__u8 *mem, __u64 len)
{
    if (len < 4) // <- why
        return 0;
    return mem[4]; // <- here
}

// expect: bounds
SEC("raw") int raw_last_byte(__u8 *mem, __u64 len)
{
    return mem[len - 1]; // <- here
}
