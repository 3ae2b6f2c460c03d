// What the host does not have.
#include "mistakes.h"

static long (*const imaginary)(void) = (void *)4242;

// expect: env
SEC("xdp") int helper_that_nobody_has(struct xdp_md *ctx)
{
    return imaginary() & 1; // <- here
}

// expect: env
SEC("socket") int helper_of_another_hook(struct __sk_buff *skb)
{
    return bpf_xdp_adjust_head((void *)skb, 4) != 0; // <- here
}

// expect: env
SEC("xdp") int skb_helper_in_xdp(struct xdp_md *ctx)
{
    __u8 byte = 0;
    bpf_skb_store_bytes((void *)ctx, 0, &byte, 1, 0); // <- here
    return XDP_PASS;
}

extern int my_own_kfunc(int a) __ksym;

// expect: env
SEC("xdp") int kfunc_that_is_missing(struct xdp_md *ctx)
{
    return my_own_kfunc(1) & 1; // <- here
}

struct task_struct {
    int no_such_field;
} __attribute__((preserve_access_index));

// expect: env
SEC("xdp") int field_of_a_type_that_is_missing(struct xdp_md *ctx)
{
    struct task_struct *t = (void *)ctx;
    return *(volatile int *)&t->no_such_field; // <- here
}

static long (*const probe_read)(void *dst, __u32 size, const void *from) = (void *)4;

// expect: env
SEC("tc") int probe_read_in_tc(struct __sk_buff *skb)
{
    __u32 word;
    probe_read(&word, 4, skb); // <- here
    return TC_ACT_OK;
}
