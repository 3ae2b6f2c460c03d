// The context.
#include "mistakes.h"

// expect: ctx
SEC("xdp") int beyond_the_context(struct xdp_md *ctx)
{
    return *(volatile __u32 *)((char *)ctx + 64) & 1; // <- here
}

// The structure of another hook.
// expect: ctx
SEC("xdp") int another_hooks_struct(struct __sk_buff *skb)
{
    return skb->hash & 1; // <- here
}

// expect: ctx
SEC("xdp") int field_is_read_only(struct xdp_md *ctx)
{
    ctx->data = 0; // <- here
    return XDP_PASS;
}

// expect: ctx
SEC("tc") int length_is_read_only(struct __sk_buff *skb)
{
    skb->len = 64; // <- here
    return TC_ACT_OK;
}

// expect: ctx
SEC("tc") int variable_index(struct __sk_buff *skb)
{
    __u32 i = skb->mark; // <- why
    if (i >= 5)
        return TC_ACT_OK;
    return *(volatile __u32 *)((char *)skb->cb + 4 * (__u64)i); // <- here
}

// expect: ctx
SEC("tc") int fields_not_of_this_hook(struct __sk_buff *skb)
{
    return skb->remote_port == 53 ? TC_ACT_SHOT : TC_ACT_OK; // <- here
}

// expect: ctx
SEC("socket") int data_of_a_socket_filter(struct __sk_buff *skb)
{
    return skb->tstamp ? 1 : 0; // <- here
}

// expect: ctx
SEC("xdp") int one_byte_of_the_end(struct xdp_md *ctx)
{
    return *(volatile __u8 *)&ctx->data_end; // <- here
}

// expect: ctx
SEC("xdp") int eight_bytes_of_two_fields(struct xdp_md *ctx)
{
    void *p = (void *)ctx;
    asm volatile("" : "+r"(p));
    return *(__u64 *)(p + 8) == 0; // <- here
}

// expect: ctx
SEC("tc") int moved_context(struct __sk_buff *skb)
{
    __u8 byte;
    bpf_skb_load_bytes((void *)skb + 8, 0, &byte, 1); // <- here
    return byte;
}
