// The wrong kind of thing for a helper or a function.
#include "mistakes.h"

// expect: helper-arg
SEC("tc") int key_by_value(struct __sk_buff *skb)
{
    __u64 key = skb->mark; // <- why
    struct stats *s = bpf_map_lookup_elem(&by_ip, (void *)key); // <- here
    return s ? TC_ACT_SHOT : TC_ACT_OK;
}

// expect: helper-arg
SEC("tc") int no_map(struct __sk_buff *skb)
{
    __u32 key = skb->mark;
    struct stats *s = bpf_map_lookup_elem(&key, &key); // <- here
    return s ? TC_ACT_SHOT : TC_ACT_OK;
}

// expect: helper-arg
SEC("tc") int not_the_context(struct __sk_buff *skb)
{
    __u8 byte = 0;
    void *data = DATA(skb); // <- why
    bpf_skb_store_bytes(data, 0, &byte, 1, 0); // <- here
    return TC_ACT_OK;
}

// expect: helper-arg
SEC("xdp") int lookup_in_a_ring(struct xdp_md *ctx)
{
    __u32 key = 0;
    return bpf_map_lookup_elem(&events, &key) ? XDP_DROP : XDP_PASS; // <- here
}

// expect: helper-arg
SEC("xdp") int reserve_in_a_hash(struct xdp_md *ctx)
{
    struct event *e = bpf_ringbuf_reserve(&by_ip, sizeof(*e), 0); // <- here
    if (e)
        bpf_ringbuf_submit(e, 0);
    return XDP_PASS;
}

// expect: helper-arg
SEC("xdp") int redirect_by_a_hash(struct xdp_md *ctx)
{
    return bpf_redirect_map(&by_ip, ctx->rx_queue_index, 0); // <- here
}

// expect: helper-arg
SEC("xdp") int tail_call_by_an_array(struct xdp_md *ctx)
{
    bpf_tail_call(ctx, &counters, 1); // <- here
    return XDP_PASS;
}

// expect: helper-arg
SEC("xdp") int record_of_variable_size(struct xdp_md *ctx)
{
    __u32 len = ctx->data_end - ctx->data; // <- why
    void *e = bpf_ringbuf_reserve(&events, len, 0); // <- here
    if (e)
        bpf_ringbuf_submit(e, 0);
    return XDP_PASS;
}

// expect: helper-arg
SEC("tc") int number_for_a_buffer(struct __sk_buff *skb)
{
    __u64 to = skb->hash; // <- why
    bpf_skb_load_bytes(skb, 0, (void *)to, 4); // <- here
    return TC_ACT_OK;
}

static long step(__u32 i, void *arg)
{
    return 0;
}

// expect: helper-arg
SEC("xdp") int callback_by_number(struct xdp_md *ctx)
{
    bpf_loop(4, (void *)(long)ctx->rx_queue_index, (void *)0, 0); // <- here
    return XDP_PASS;
}

__noinline int sum(struct event *e)
{
    return e ? e->len : 0;
}

// The context in place of the record that the function's type says.
// expect: helper-arg
SEC("xdp") int context_for_a_struct(struct xdp_md *ctx)
{
    return sum((void *)ctx) & 1; // <- here
}

// expect: bounds
SEC("xdp") int too_small_for_the_type(struct xdp_md *ctx)
{
    __u64 small = 0; // <- why
    return sum((void *)&small) & 1; // <- here
}

__noinline int with_context(struct xdp_md *ctx)
{
    return ctx->rx_queue_index;
}

// expect: helper-arg
SEC("xdp") int stack_for_the_context(struct xdp_md *ctx)
{
    struct xdp_md copy = {};
    return with_context(&copy) & 1; // <- here
}

// The map's own memory: PREVAIL's example.
// expect: type
SEC("xdp") int map_as_memory(struct xdp_md *ctx)
{
    return *(volatile __u32 *)&by_ip & 1; // <- here
}

// expect: provenance
SEC("xdp") int next_to_the_map(struct xdp_md *ctx)
{
    __u32 key = 0;
    void *map = (void *)&by_ip;
    asm volatile("%0 += 8" : "+r"(map)); // <- here
    return bpf_map_lookup_elem(map, &key) ? XDP_DROP : XDP_PASS;
}

// A pointer in the value would tell user space where memory is.
// expect: helper-arg
SEC("xdp") int format_is_not_constant(struct xdp_md *ctx)
{
    char fmt[8] = "q %d"; // <- why
    char out[16];
    __u64 args[1] = { ctx->rx_queue_index };
    bpf_snprintf(out, sizeof(out), fmt, args, sizeof(args)); // <- here
    return XDP_PASS;
}

// expect: type
SEC("xdp") int read_only_data(struct xdp_md *ctx)
{
    static const volatile __u32 limits[4] = { 1, 2, 3, 4 };
    __u32 *p = (__u32 *)&limits[ctx->rx_queue_index & 3]; // <- why
    asm volatile("" : "+r"(p));
    *p = 7; // <- here
    return XDP_PASS;
}

// expect: type
SEC("socket") int write_to_the_packet(struct __sk_buff *skb)
{
    return *(volatile __u32 *)(long)skb->cb[0]; // <- here
}

// A value stored earlier is no pointer any more.
// expect: type
SEC("tc") int pointer_out_of_a_map(struct __sk_buff *skb)
{
    __u32 key = 0;
    __u64 *n = bpf_map_lookup_elem(&counters, &key);
    if (!n)
        return TC_ACT_OK;
    struct event *e = (void *)*n; // <- why
    return e->pid; // <- here
}

// expect: type
SEC("xdp") int packet_pointer_cut_to_32_bits(struct xdp_md *ctx)
{
    __u64 data = (__u32)bpf_ktime_get_ns(); // <- why
    __u8 *p = (void *)data;
    return *p; // <- here
}

static long wrong(__u32 i, void *arg)
{
    return i; // <- here callback_returns_a_number
}

// expect: type
SEC("xdp") int callback_returns_a_number(struct xdp_md *ctx)
{
    bpf_loop(4, wrong, (void *)0, 0); // <- why
    return XDP_PASS;
}
