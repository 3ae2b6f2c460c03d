// Dynptrs and iterators.
#include "mistakes.h"

// expect: iterator-dynptr
SEC("xdp") int dynptr_never_made(struct xdp_md *ctx)
{
    struct bpf_dynptr p;
    __u8 buf[8];
    bpf_dynptr_read(buf, sizeof(buf), &p, 0, 0); // <- here
    return XDP_PASS;
}

// A reservation through a dynptr is to be given back even where it failed.
// expect: reference
SEC("xdp") int reservation_failed(struct xdp_md *ctx)
{
    struct bpf_dynptr p;
    if (bpf_ringbuf_reserve_dynptr(&events, 64, 0, &p)) // <- why
        return XDP_PASS; // <- here
    bpf_ringbuf_submit_dynptr(&p, 0);
    return XDP_PASS;
} // <- here

// expect: iterator-dynptr
SEC("xdp") int dynptr_after_submit(struct xdp_md *ctx)
{
    struct bpf_dynptr p;
    __u8 buf[8] = {};
    bpf_ringbuf_reserve_dynptr(&events, 64, 0, &p);
    bpf_ringbuf_submit_dynptr(&p, 0); // <- why
    bpf_dynptr_write(&p, 0, buf, sizeof(buf), 0); // <- here
    return XDP_PASS;
}

// expect: reference
SEC("xdp") int slice_after_submit(struct xdp_md *ctx)
{
    struct bpf_dynptr p;
    bpf_ringbuf_reserve_dynptr(&events, 64, 0, &p);
    __u8 *mem = bpf_dynptr_data(&p, 0, 16);
    if (!mem) {
        bpf_ringbuf_discard_dynptr(&p, 0);
        return XDP_PASS;
    }
    bpf_ringbuf_submit_dynptr(&p, 0); // <- why
    mem[0] = 1; // <- here
    return XDP_PASS;
}

// expect: null
SEC("xdp") int slice_without_check(struct xdp_md *ctx)
{
    struct bpf_dynptr p;
    bpf_ringbuf_reserve_dynptr(&events, 64, 0, &p);
    __u8 *mem = bpf_dynptr_data(&p, 0, 16); // <- why
    mem[0] = 1; // <- here
    bpf_ringbuf_submit_dynptr(&p, 0);
    return XDP_PASS;
}

// expect: bounds
SEC("xdp") int slice_too_small(struct xdp_md *ctx)
{
    struct bpf_dynptr p;
    __u8 buf[14];
    bpf_dynptr_from_xdp((void *)ctx, 0, &p);
    __u8 *eth = bpf_dynptr_slice(&p, 0, buf, sizeof(buf)); // <- why
    if (!eth)
        return XDP_PASS;
    return eth[20]; // <- here
}

// expect: packet-stale
SEC("xdp") int slice_after_the_packet_moved(struct xdp_md *ctx)
{
    struct bpf_dynptr p;
    __u8 buf[14];
    bpf_dynptr_from_xdp((void *)ctx, 0, &p);
    __u8 *eth = bpf_dynptr_slice(&p, 0, buf, sizeof(buf));
    if (!eth)
        return XDP_PASS;
    bpf_xdp_adjust_head(ctx, 4); // <- why
    return eth[0]; // <- here
}

// expect: iterator-dynptr
SEC("xdp") int dynptr_overwritten(struct xdp_md *ctx)
{
    struct bpf_dynptr p;
    __u8 buf[8];
    bpf_dynptr_from_xdp((void *)ctx, 0, &p); // <- why
    *(volatile __u64 *)&p = 0;  // <- why // <- here
    bpf_dynptr_read(buf, sizeof(buf), &p, 0, 0); // <- here
    return XDP_PASS;
}

// expect: iterator-dynptr
SEC("xdp") int next_without_new(struct xdp_md *ctx)
{
    struct bpf_iter_num it;
    int *v = bpf_iter_num_next(&it); // <- here
    return v ? XDP_DROP : XDP_PASS;
}

// expect: reference
SEC("xdp") int not_destroyed(struct xdp_md *ctx)
{
    struct bpf_iter_num it;
    int *v, sum = 0;
    bpf_iter_num_new(&it, 0, 10); // <- why
    while ((v = bpf_iter_num_next(&it)))
        sum += *v;
    return sum & 1; // <- here
}

// expect: reference
SEC("xdp") int left_by_return(struct xdp_md *ctx)
{
    struct bpf_iter_num it;
    int *v;
    bpf_iter_num_new(&it, 0, 10); // <- why
    while ((v = bpf_iter_num_next(&it)))
        if (*v == 3)
            return XDP_DROP; // <- here
    bpf_iter_num_destroy(&it);
    return XDP_PASS;
} // <- here

// expect: iterator-dynptr
SEC("xdp") int destroyed_twice(struct xdp_md *ctx)
{
    struct bpf_iter_num it;
    bpf_iter_num_new(&it, 0, 10);
    bpf_iter_num_destroy(&it); // <- why
    bpf_iter_num_destroy(&it); // <- here
    return XDP_PASS;
}

// expect: null
SEC("xdp") int element_without_check(struct xdp_md *ctx)
{
    struct bpf_iter_num it;
    bpf_iter_num_new(&it, 0, 10);
    int *v = bpf_iter_num_next(&it); // <- why
    int first = *(volatile int *)v; // <- here
    bpf_iter_num_destroy(&it);
    return first & 1;
}

// expect: reference
SEC("xdp") int element_after_destroy(struct xdp_md *ctx)
{
    struct bpf_iter_num it;
    bpf_iter_num_new(&it, 0, 10);
    int *v = bpf_iter_num_next(&it);
    int first = v ? *v : 0;
    bpf_iter_num_destroy(&it); // <- why
    if (first > 2) // <- here (a test of a pointer that is gone, too)
        return *(volatile int *)v & 1; // <- here
    return XDP_PASS;
}

// expect: iterator-dynptr
SEC("xdp") int made_twice(struct xdp_md *ctx)
{
    struct bpf_iter_num it;
    bpf_iter_num_new(&it, 0, 10); // <- why
    bpf_iter_num_new(&it, 0, 20); // <- here
    bpf_iter_num_destroy(&it);
    return XDP_PASS;
}

// The macro keeps the number in range of its bounds only: the array is smaller.
static __u32 seen[8];

// expect: bounds
SEC("xdp") int larger_bound_than_the_array(struct xdp_md *ctx)
{
    int i;
    bpf_for(i, 0, 16) // <- why
        seen[i] += 1; // <- here
    return XDP_PASS;
}

// expect: helper-arg
SEC("xdp") int dynptr_of_the_stack(struct xdp_md *ctx)
{
    struct bpf_dynptr p;
    __u8 mem[16] = {}; // <- why
    bpf_dynptr_from_mem(mem, sizeof(mem), 0, &p); // <- here
    return XDP_PASS;
}

static long with_dynptr(__u32 i, void *arg)
{
    struct bpf_dynptr p;
    bpf_ringbuf_reserve_dynptr(&events, 16, 0, &p); // <- why kept_dynptr_in_a_callback
    return 0; // <- here kept_dynptr_in_a_callback
}

// expect: reference
SEC("xdp") int kept_dynptr_in_a_callback(struct xdp_md *ctx)
{
    bpf_loop(3, with_dynptr, (void *)0, 0);
    return XDP_PASS;
}
