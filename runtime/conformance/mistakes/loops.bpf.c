// What does not end, or takes too much to prove.
#include "mistakes.h"

// expect: loop-or-budget
SEC("xdp") int waits_for_a_map(struct xdp_md *ctx)
{
    __u32 key = 0;
    volatile __u64 *n = bpf_map_lookup_elem(&counters, &key);
    if (!n)
        return XDP_PASS;
    while (*n < 1024) // <- here
        *n += 1;
    return XDP_PASS;
}

// expect: loop-or-budget
SEC("xdp") int forever(struct xdp_md *ctx)
{
    volatile __u32 *queue = &ctx->rx_queue_index;
    for (;;) { // <- here
        if (*queue == 7) // <- here
            break;
    }
    return XDP_PASS;
}

// The bound comes from the packet's length.
// expect: loop-or-budget
SEC("tc") int bound_from_the_context(struct __sk_buff *skb)
{
    __u32 sum = 0, n = skb->len;
    for (__u32 i = 0; i < n; i++) // <- here
        sum += bpf_get_prandom_u32();
    return sum & 1;
}

// The walk over a text, as people write strlen.
// expect: loop-or-budget
SEC("xdp") int search_for_a_header(struct xdp_md *ctx)
{
    __u8 *data = DATA(ctx), *end = DATA_END(ctx);
    __u32 hits = 0;
    for (__u32 i = 0; i < 60000; i++) { // <- here
        if (data + 6 > end)
            break;
        if (data[0] == 'H' && data[1] == 'o')
            hits++;
        else if (data[2] == 's')
            hits += 2;
        data++;
    }
    return hits > 3 ? XDP_DROP : XDP_PASS;
}

// expect: loop-or-budget
SEC("tc") int nested(struct __sk_buff *skb)
{
    __u32 sum = 0;
    for (__u32 i = 0; i < 2000; i++) // <- here
        for (__u32 j = 0; j < 2000; j++) // <- here
            sum += bpf_get_prandom_u32() & j;
    return sum & 1;
}

// Down to 0 with an unsigned counter never ends.
// expect: loop-or-budget
SEC("tc") int unsigned_countdown(struct __sk_buff *skb)
{
    volatile __u32 sum = 0;
    __u64 step = 0;
    asm volatile("%0 = 0" : "=r"(step));
    for (__u64 i = 10; i < 11; i -= step) // <- here
        sum += i;
    return sum & 1;
}

static __noinline __u32 collatz(__u32 n)
{
    __u32 steps = 0;
    while (n != 1) { // <- here in_a_function
        n = n & 1 ? 3 * n + 1 : n / 2;
        steps++;
    }
    return steps;
}

// expect: loop-or-budget
SEC("tc") int in_a_function(struct __sk_buff *skb)
{
    return collatz(skb->hash) & 1;
}

static __noinline int depth(__u32 n)
{
    return n ? depth(n - 1) + (int)bpf_get_prandom_u32() : 0; // <- here recursion
}

// expect: encoding
SEC("tc") int recursion(struct __sk_buff *skb)
{
    return depth(skb->len & 3) & 1;
}

// A list in a map: the next index is a value of the map.
// expect: loop-or-budget
SEC("tc") int linked_list(struct __sk_buff *skb)
{
    __u32 at = skb->mark;
    while (at) { // <- here
        struct stats *s = bpf_map_lookup_elem(&by_ip, &at);
        if (!s)
            break;
        at = s->last_len;
    } // <- here
    return TC_ACT_OK;
}
