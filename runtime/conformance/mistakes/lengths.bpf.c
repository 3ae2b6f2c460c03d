// Lengths given to helpers.
#include "mistakes.h"

// expect: bounds
SEC("tc") int length_of_the_packet(struct __sk_buff *skb)
{
    __u32 key = 0, len = skb->len; // <- why
    struct event *e = bpf_map_lookup_elem(&scratch, &key);
    if (!e)
        return TC_ACT_OK;
    bpf_skb_load_bytes(skb, 0, e->payload, len); // <- here
    return TC_ACT_OK;
}

// A mask keeps it small, but 0 is not allowed.
// expect: bounds
SEC("tc") int masked_but_maybe_zero(struct __sk_buff *skb)
{
    __u32 key = 0, len = skb->len & 63; // <- why
    struct event *e = bpf_map_lookup_elem(&scratch, &key);
    if (!e)
        return TC_ACT_OK;
    bpf_skb_load_bytes(skb, 0, e->payload, len); // <- here
    return TC_ACT_OK;
}

// expect: bounds
SEC("tc") int signed_length(struct __sk_buff *skb)
{
    __u32 key = 0;
    int len = skb->len - 14; // <- why
    struct event *e = bpf_map_lookup_elem(&scratch, &key);
    if (!e)
        return TC_ACT_OK;
    if (len > 64) // <- why
        len = 64;
    bpf_skb_load_bytes(skb, 14, e->payload, len); // <- here
    return TC_ACT_OK;
}

// Checked against the whole value, but the buffer begins in its middle.
// expect: bounds
SEC("tc") int limit_of_the_wrong_thing(struct __sk_buff *skb)
{
    __u32 key = 0, len = skb->len;
    struct event *e = bpf_map_lookup_elem(&scratch, &key);
    if (!e) // <- why (clang gives both tests this line)
        return TC_ACT_OK;
    if (len == 0 || len > sizeof(*e)) // <- why
        return TC_ACT_OK;
    bpf_skb_load_bytes(skb, 0, e->payload, len); // <- here
    return TC_ACT_OK;
}

// expect: bounds
SEC("tc") int larger_than_the_array(struct __sk_buff *skb)
{
    __u8 buf[16] = {};
    bpf_skb_load_bytes(skb, 0, buf, 32); // <- here
    return buf[0];
}

// expect: bounds
SEC("xdp") int output_of_a_variable_length(struct xdp_md *ctx)
{
    __u32 key = 0, len = ctx->data_end - ctx->data; // <- why
    struct event *e = bpf_map_lookup_elem(&scratch, &key);
    if (!e)
        return XDP_PASS;
    bpf_ringbuf_output(&events, e, len, 0); // <- here
    return XDP_PASS;
}

// The maximum is one too large.
// expect: bounds
SEC("tc") int maximum_off_by_one(struct __sk_buff *skb)
{
    __u32 key = 0, len = skb->len;
    struct event *e = bpf_map_lookup_elem(&scratch, &key);
    if (!e || len < 1) // <- why (clang gives all tests this line)
        return TC_ACT_OK;
    if (len > sizeof(e->payload) + 1) // <- why
        return TC_ACT_OK;
    bpf_skb_load_bytes(skb, 0, e->payload, len); // <- here
    return TC_ACT_OK;
}

// What the helper returned is a length, or an error below 0.
// expect: bounds
SEC("xdp") int a_result_as_length(struct xdp_md *ctx)
{
    char text[64] = {};
    __u32 key = 0;
    struct event *e = bpf_map_lookup_elem(&scratch, &key);
    if (!e)
        return XDP_PASS;
    static const char fmt[] = "%d";
    __u64 args[1] = { ctx->rx_queue_index };
    long n = bpf_snprintf(text, sizeof(text), fmt, args, sizeof(args)); // <- why
    bpf_ringbuf_output(&events, text, n, 0);                            // <- here
    return XDP_PASS;
}

// expect: bounds
SEC("xdp") int checked_on_one_branch(struct xdp_md *ctx)
{
    __u32 key = 0, len = ctx->egress_ifindex;
    struct event *e = bpf_map_lookup_elem(&scratch, &key);
    if (!e)
        return XDP_PASS;
    if (ctx->rx_queue_index) { // <- why
        if (len > 64)
            return XDP_PASS;
    }
    bpf_ringbuf_output(&events, e->payload, len, 0); // <- here
    return XDP_PASS;
}

// Offset and length are checked one by one, their sum is not.
// expect: bounds
SEC("tc") int offset_plus_length(struct __sk_buff *skb)
{
    __u32 key = 0, off = skb->mark, len = skb->len;
    struct event *e = bpf_map_lookup_elem(&scratch, &key);
    if (!e)
        return TC_ACT_OK;
    if (off >= 64 || len < 1 || len > 64) // <- why
        return TC_ACT_OK;
    bpf_skb_load_bytes(skb, 0, e->payload + off, len); // <- here
    return TC_ACT_OK;
}

// expect: bounds
SEC("xdp") int remaining_bytes(struct xdp_md *ctx)
{
    __u8 *data = DATA(ctx), *end = DATA_END(ctx);
    if (data + 16 > end) // <- why
        return XDP_PASS;
    bpf_ringbuf_output(&events, data, 32, 0); // <- here
    return XDP_PASS;
}

// expect: bounds
SEC("tc") int checksum_of_a_variable_length(struct __sk_buff *skb)
{
    __u32 words[8] = {};
    __u32 len = skb->mark; // <- why
    return bpf_csum_diff(0, 0, words, len & ~3u, 0) & 1; // <- here
}

// expect: bounds
SEC("xdp") int record_of_a_dynamic_index(struct xdp_md *ctx)
{
    __u32 n = ctx->rx_queue_index; // <- why
    struct event *e = bpf_ringbuf_reserve(&events, sizeof(*e), 0);
    if (!e)
        return XDP_PASS;
    bpf_xdp_load_bytes(ctx, 0, e->payload, n); // <- here
    bpf_ringbuf_submit(e, 0);
    return XDP_PASS;
}

// expect: bounds
SEC("raw") int text_of_unknown_length(char *text, __u64 len)
{
    long n = 0;
    char copy[16] = {};
    if (len < 4)
        return 0;
    bpf_strtol(copy, len, 10, &n); // <- here
    return n;
}
