// The 512 bytes.
#include "mistakes.h"

static __noinline int inner(struct __sk_buff *skb) // <- why two_frames
{
    volatile __u8 buf[300] = {}; // <- here two_frames // <- why two_frames
    buf[skb->hash & 127] = 1;
    return buf[1];
}

// expect: stack
SEC("tc") int two_frames(struct __sk_buff *skb) // <- why
{
    volatile __u8 buf[300] = {};
    buf[skb->hash & 127] = 1;
    return inner(skb) + buf[0]; // <- here
}

// A pointer in a packed struct does not lie at a multiple of 8.
// expect: stack
SEC("tc") int pointer_in_a_packed_struct(struct __sk_buff *skb)
{
    struct __attribute__((packed, aligned(8))) {
        __u32 kind;
        void *where;
    } s;
    char *p = (char *)&s;
    asm volatile("" : "+r"(p));
    *(void **)(p + 4) = skb; // <- here
    asm volatile("" : : "r"(p) : "memory");
    return TC_ACT_OK;
}

// expect: stack
SEC("tc") int half_of_a_pointer(struct __sk_buff *skb)
{
    void *volatile p = skb; // <- why
    return *(volatile __u32 *)&p & 1; // <- here
}

// expect: stack
SEC("tc") int misaligned_number(struct __sk_buff *skb)
{
    char buf[16] __attribute__((aligned(8))) = {};
    char *p = buf;
    asm volatile("" : "+r"(p));
    *(__u64 *)(p + 3) = bpf_ktime_get_ns(); // <- here
    return p[0];
}

// expect: stack
SEC("xdp") int table_of_pointers(struct xdp_md *ctx)
{
    void *volatile p[2] = { DATA(ctx), DATA_END(ctx) };
    __u32 i = ctx->rx_queue_index & 1; // <- why
    p[i] = ctx; // <- here
    return XDP_PASS;
}

static __noinline int f8(struct __sk_buff *skb) { return skb->len; }
static __noinline int f7(struct __sk_buff *skb) { return f8(skb) + 1; } // <- here too_many_frames
static __noinline int f6(struct __sk_buff *skb) { return f7(skb) * 2; }
static __noinline int f5(struct __sk_buff *skb) { return f6(skb) + 3; }
static __noinline int f4(struct __sk_buff *skb) { return f5(skb) * 4; }
static __noinline int f3(struct __sk_buff *skb) { return f4(skb) + 5; }
static __noinline int f2(struct __sk_buff *skb) { return f3(skb) * 6; }
static __noinline int f1(struct __sk_buff *skb) { return f2(skb) + 7; }

// expect: stack
SEC("tc") int too_many_frames(struct __sk_buff *skb)
{
    return f1(skb) & 1;
}
