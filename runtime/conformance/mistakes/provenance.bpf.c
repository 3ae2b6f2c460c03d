// Addresses that are lost, or would leave the program.
#include "mistakes.h"

// expect: provenance
SEC("tc") int pointer_in_a_map_value(struct __sk_buff *skb)
{
    __u32 key = 0;
    __u64 *n = bpf_map_lookup_elem(&counters, &key);
    if (!n)
        return TC_ACT_OK;
    *n = (__u64)(long)skb; // <- here
    return TC_ACT_OK;
}

// expect: provenance
SEC("tc") int pointer_by_update(struct __sk_buff *skb)
{
    __u32 key = 0;
    __u64 value = (__u64)(long)skb; // <- why
    bpf_map_update_elem(&counters, &key, &value, BPF_ANY); // <- here
    return TC_ACT_OK;
}

// expect: provenance
SEC("tc") int pointer_in_an_event(struct __sk_buff *skb)
{
    struct {
        void *where;
        __u64 at;
    } e = { skb, 1 }; // <- why
    bpf_ringbuf_output(&events, &e, sizeof(e), 0); // <- here
    return TC_ACT_OK;
}

// expect: provenance
SEC("tc") int pointer_in_the_context(struct __sk_buff *skb)
{
    __u32 key = 0;
    void *v = bpf_map_lookup_elem(&counters, &key); // <- why
    skb->cb[0] = (__u64)(long)v; // <- here
    return TC_ACT_OK;
}

// expect: provenance
SEC("raw") int returned(void *mem, __u64 len)
{
    return (long)mem & 0xffff; // <- here
}

// expect: provenance
SEC("tc") int aligned_by_hand(struct __sk_buff *skb)
{
    __u32 key = 0;
    struct event *e = bpf_map_lookup_elem(&scratch, &key); // <- why
    if (!e)
        return TC_ACT_OK;
    __u64 at = (__u64)e->payload;
    asm volatile("%0 &= -16" : "+r"(at)); // <- here
    return *(__u8 *)at;
}

// expect: provenance
SEC("xdp") int multiplied(struct xdp_md *ctx)
{
    __u64 p = (__u64)DATA(ctx); // <- why
    asm volatile("%0 *= 2" : "+r"(p)); // <- here
    return p == 0;
}

// expect: provenance
SEC("tc") int hash_of_an_address(struct __sk_buff *skb)
{
    __u32 key = 0;
    struct event *e = bpf_map_lookup_elem(&scratch, &key); // <- why
    if (!e)
        return TC_ACT_OK;
    e->len = (__u64)e * 2654435761u >> 16; // <- here
    return TC_ACT_OK;
}

// The packet's length by the difference is a number in Linux; of other pointers it is an address.
// expect: provenance
SEC("tc") int difference_of_unrelated(struct __sk_buff *skb)
{
    __u32 key = 0, other = 1;
    char *a = bpf_map_lookup_elem(&counters, &key);   // <- why
    char *b = bpf_map_lookup_elem(&counters, &other); // <- why
    if (!a || !b) // <- here (clang subtracts before it branches, on this line)
        return TC_ACT_OK;
    return a - b; // <- here
}

// expect: provenance
SEC("tc") int compared_with_an_address(struct __sk_buff *skb)
{
    __u32 key = 0;
    void *v = bpf_map_lookup_elem(&counters, &key); // <- why
    if (!v) // <- here (clang makes one comparison of the two)
        return TC_ACT_OK;
    return (__u64)v > 0xffff800000000000ull; // <- here
}

// expect: provenance
SEC("xdp") int pointers_added(struct xdp_md *ctx)
{
    __u8 *data = DATA(ctx), *end = DATA_END(ctx); // <- why
    __u64 middle = (__u64)data;
    asm volatile("%0 += %1" : "+r"(middle) : "r"(end)); // <- here
    return middle / 2 == 0;
}

// expect: provenance
SEC("tc") int printed(struct __sk_buff *skb)
{
    bpf_printk("at %lx", skb); // <- here
    return TC_ACT_OK;
}

// Cut to 32 bits with shifts, as clang 4 did to packet pointers.
// expect: provenance
SEC("xdp") int shifted_packet_pointer(struct xdp_md *ctx)
{
    __u64 data = (__u64)DATA(ctx); // <- why
    asm volatile("%0 <<= 32" : "+r"(data)); // <- here
    return data == 0;
}

// expect: provenance
SEC("tc") int pointer_in_the_packet(struct __sk_buff *skb)
{
    __u8 *data = DATA(skb), *end = DATA_END(skb);
    if (data + 8 > end)
        return TC_ACT_OK;
    *(__u64 *)data = (__u64)(long)skb; // <- here
    return TC_ACT_OK;
}
