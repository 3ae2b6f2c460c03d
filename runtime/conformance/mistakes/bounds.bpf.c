// Indices into map values and other memory whose size is known.
#include "mistakes.h"

// expect: bounds
SEC("tc") int no_check_at_all(struct __sk_buff *skb)
{
    __u32 key = skb->mark, i = skb->len; // <- why
    struct stats *s = bpf_map_lookup_elem(&by_ip, &key);
    if (!s)
        return TC_ACT_OK;
    s->name[i] = 1; // <- here
    return TC_ACT_OK;
}

// expect: bounds
SEC("tc") int less_or_equal(struct __sk_buff *skb)
{
    __u32 key = skb->mark, i = skb->len;
    struct stats *s = bpf_map_lookup_elem(&by_ip, &key);
    if (!s) // <- why (clang gives both tests this line)
        return TC_ACT_OK;
    if (i <= sizeof(s->name) + 2) // <- why
        s->name[i + 2] = 1;       // <- here
    return TC_ACT_OK;
}

// A signed index with a check of the upper end only.
// expect: bounds
SEC("tc") int signed_index(struct __sk_buff *skb)
{
    __u32 key = skb->mark;
    struct stats *s = bpf_map_lookup_elem(&by_ip, &key);
    if (!s)
        return TC_ACT_OK;
    int i = s->last_len; // <- why
    if (i < 36)          // <- why
        s->name[i] = 1;  // <- here
    return TC_ACT_OK;
}

// A depth in the map itself, 1..=2 by design, is read anew after the check.
struct calls {
    __u64 depth;
    __u64 stack[2];
};
struct {
    __uint(type, BPF_MAP_TYPE_HASH);
    __uint(max_entries, 64);
    __type(key, __u32);
    __type(value, struct calls);
} calls SEC(".maps");

// expect: bounds
SEC("tc") int depth_in_the_map(struct __sk_buff *skb)
{
    __u32 key = skb->mark;
    volatile struct calls *c = bpf_map_lookup_elem(&calls, &key);
    if (!c)
        return TC_ACT_OK;
    if (c->depth < 1 || c->depth >= 3) // <- why
        return TC_ACT_OK;
    c->stack[c->depth - 1] = skb->len; // <- here
    return TC_ACT_OK;
}

// The bound is right for an array of two, the author forgot that the depth may be 2.
// expect: bounds
SEC("tc") int depth_off_by_one(struct __sk_buff *skb)
{
    __u32 key = skb->mark;
    struct calls *c = bpf_map_lookup_elem(&calls, &key);
    if (!c)
        return TC_ACT_OK;
    __u64 depth = c->depth; // <- why
    if (depth > 2)          // <- why
        return TC_ACT_OK;
    c->stack[depth] = skb->len; // <- here
    return TC_ACT_OK;
}

// expect: bounds
SEC("tc") int mask_too_wide(struct __sk_buff *skb)
{
    __u32 key = skb->mark;
    struct stats *s = bpf_map_lookup_elem(&by_ip, &key);
    if (!s)
        return TC_ACT_OK;
    __u32 i = skb->hash & 63; // <- why
    return s->name[i];        // <- here
}

// expect: bounds
SEC("tc") int modulo_of_the_wrong_number(struct __sk_buff *skb)
{
    __u32 key = skb->mark;
    struct stats *s = bpf_map_lookup_elem(&by_ip, &key);
    if (!s)
        return TC_ACT_OK;
    __u32 i = skb->hash % sizeof(struct stats); // <- why
    s->name[i] = 0;                             // <- here
    return TC_ACT_OK;
}

// One past the last element, in a loop with a constant bound.
// expect: bounds
SEC("tc") int loop_one_too_far(struct __sk_buff *skb)
{
    __u32 key = skb->mark, sum = 0;
    volatile struct stats *s = bpf_map_lookup_elem(&by_ip, &key);
    if (!s)
        return TC_ACT_OK;
    for (int i = 0; i <= 40; i++) // <- why
        sum += s->name[i];        // <- here
    return sum & 1;
}

// expect: bounds
SEC("tc") int value_seen_as_something_larger(struct __sk_buff *skb)
{
    __u32 key = 0;
    struct event *e = bpf_map_lookup_elem(&counters, &key); // <- why
    if (!e)
        return TC_ACT_OK;
    e->at = bpf_ktime_get_ns(); // <- here
    return TC_ACT_OK;
}

static __u32 table[16];

// expect: bounds
SEC("xdp") int global_array(struct xdp_md *ctx)
{
    __u32 queue = ctx->rx_queue_index; // <- why
    table[queue]++;                    // <- here
    return XDP_PASS;
}

// expect: bounds
SEC("xdp") int global_array_off_by_one(struct xdp_md *ctx)
{
    __u32 queue = ctx->rx_queue_index;
    if (queue > 16)         // <- why
        return XDP_PASS;
    table[queue] = queue;   // <- here
    return XDP_PASS;
}

// The check is on a copy of 32 bits, the index is 64 bits wide.
// expect: bounds
SEC("tc") int checked_after_truncation(struct __sk_buff *skb)
{
    __u32 key = skb->mark;
    struct stats *s = bpf_map_lookup_elem(&by_ip, &key);
    if (!s)
        return TC_ACT_OK;
    __u64 i = s->bytes;       // <- why
    if ((__u8)i >= 36)        // <- why
        return TC_ACT_OK;
    return s->name[i];        // <- here
}

// expect: bounds
SEC("tc") int sum_of_two_checked(struct __sk_buff *skb)
{
    __u32 key = skb->mark, a = skb->len, b = skb->hash;
    struct stats *s = bpf_map_lookup_elem(&by_ip, &key);
    if (!s || a >= 36 || b >= 36) // <- why
        return TC_ACT_OK;
    return s->name[a + b]; // <- here
}

// expect: bounds
SEC("tc") int index_minus_one(struct __sk_buff *skb)
{
    __u32 key = skb->mark;
    struct calls *c = bpf_map_lookup_elem(&calls, &key);
    if (!c)
        return TC_ACT_OK;
    __u64 n = c->depth; // <- why
    if (n >= 2)         // <- why
        return TC_ACT_OK;
    return c->stack[(__s64)n - 4]; // <- here
}

// expect: bounds
SEC("xdp") int record_too_small(struct xdp_md *ctx)
{
    struct event *e = bpf_ringbuf_reserve(&events, 16, 0); // <- why
    if (!e)
        return XDP_PASS;
    e->pid = 1;
    e->payload[0] = 7; // <- here
    bpf_ringbuf_submit(e, 0);
    return XDP_PASS;
}

// sizeof of the pointer in place of what it points to.
// expect: bounds
SEC("xdp") int size_of_the_pointer(struct xdp_md *ctx)
{
    struct event *e = bpf_ringbuf_reserve(&events, sizeof(e), 0); // <- why
    if (!e)
        return XDP_PASS;
    e->at = bpf_ktime_get_ns(); // <- here
    bpf_ringbuf_submit(e, 0);
    return XDP_PASS;
}

// expect: bounds
SEC("xdp") int payload_index(struct xdp_md *ctx)
{
    __u32 i = ctx->rx_queue_index; // <- why
    struct event *e = bpf_ringbuf_reserve(&events, sizeof(*e), 0);
    if (!e)
        return XDP_PASS;
    e->payload[i] = 1; // <- here
    bpf_ringbuf_submit(e, 0);
    return XDP_PASS;
}

// expect: bounds
SEC("tc") int array_on_the_stack(struct __sk_buff *skb)
{
    volatile __u8 buf[32] = {};
    __u32 i = skb->hash; // <- why
    buf[i] = 1;          // <- here
    return buf[0];
}

// expect: bounds
SEC("tc") int array_on_the_stack_masked(struct __sk_buff *skb)
{
    volatile __u8 buf[16] = {};
    __u32 i = skb->hash & 0x1f; // <- why
    buf[i] = 1;                 // <- here
    return buf[0];
}

// A checked index is scaled afterwards.
// expect: bounds
SEC("tc") int scaled_after_the_check(struct __sk_buff *skb)
{
    __u32 key = skb->mark, i = skb->hash;
    struct stats *s = bpf_map_lookup_elem(&by_ip, &key);
    if (!s || i >= 36) // <- why
        return TC_ACT_OK;
    return s->name[i * 4]; // <- here
}

static long fill(__u32 i, void *arg)
{
    table[i] = i; // <- here index_of_a_callback
    return 0;
}

// expect: bounds
SEC("xdp") int index_of_a_callback(struct xdp_md *ctx)
{
    bpf_loop(16, fill, (void *)0, 0); // <- why
    return XDP_PASS;
}

// Atomics need their alignment.
struct __attribute__((packed)) odd {
    __u8 kind;
    __u64 count;
};
struct {
    __uint(type, BPF_MAP_TYPE_ARRAY);
    __uint(max_entries, 1);
    __type(key, __u32);
    __type(value, struct odd);
} odd SEC(".maps");

// expect: bounds
SEC("xdp") int atomic_of_a_packed_member(struct xdp_md *ctx)
{
    __u32 key = 0;
    struct odd *o = bpf_map_lookup_elem(&odd, &key); // <- why
    if (!o)
        return XDP_PASS;
    __sync_fetch_and_add((__u64 *)((char *)o + 1), 1); // <- here
    return XDP_PASS;
}
