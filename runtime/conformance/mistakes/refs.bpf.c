// What must be given back, and is not to be used afterwards.
#include "mistakes.h"

// expect: reference
SEC("xdp") int early_return(struct xdp_md *ctx)
{
    struct event *e = bpf_ringbuf_reserve(&events, sizeof(*e), 0); // <- why
    if (!e)
        return XDP_PASS;
    if (ctx->rx_queue_index > 8)
        return XDP_DROP; // <- here
    e->pid = 1;
    bpf_ringbuf_submit(e, 0);
    return XDP_PASS;
} // <- here

// expect: reference
SEC("xdp") int never_submitted(struct xdp_md *ctx)
{
    struct event *e = bpf_ringbuf_reserve(&events, sizeof(*e), 0); // <- why
    if (e)
        e->pid = 1;
    return XDP_PASS; // <- here
}

// expect: reference
SEC("tc") int socket_kept(struct __sk_buff *skb)
{
    struct bpf_sock_tuple tuple = {};
    struct bpf_sock *sk = bpf_sk_lookup_tcp(skb, &tuple, sizeof(tuple.ipv4), -1, 0); // <- why
    if (!sk)
        return TC_ACT_OK;
    if (sk->state == 10)
        return TC_ACT_SHOT; // <- here
    bpf_sk_release(sk);
    return TC_ACT_OK;
} // <- here

// expect: reference
SEC("xdp") int used_after_submit(struct xdp_md *ctx)
{
    struct event *e = bpf_ringbuf_reserve(&events, sizeof(*e), 0);
    if (!e)
        return XDP_PASS;
    bpf_ringbuf_submit(e, 0); // <- why
    e->len = 4;               // <- here
    return XDP_PASS;
}

// expect: reference
SEC("xdp") int submitted_twice(struct xdp_md *ctx)
{
    struct event *e = bpf_ringbuf_reserve(&events, sizeof(*e), 0);
    if (!e)
        return XDP_PASS;
    if (ctx->rx_queue_index)
        bpf_ringbuf_discard(e, 0); // <- why
    bpf_ringbuf_submit(e, 0); // <- here
    return XDP_PASS;
}

// expect: reference
SEC("tc") int socket_read_after_release(struct __sk_buff *skb)
{
    struct bpf_sock_tuple tuple = {};
    struct bpf_sock *sk = bpf_sk_lookup_tcp(skb, &tuple, sizeof(tuple.ipv4), -1, 0);
    if (!sk)
        return TC_ACT_OK;
    bpf_sk_release(sk); // <- why
    return sk->state == 1 ? TC_ACT_OK : TC_ACT_SHOT; // <- here
}

// expect: reference
SEC("tc") int full_socket_after_release(struct __sk_buff *skb)
{
    struct bpf_sock_tuple tuple = {};
    struct bpf_sock *sk = bpf_sk_lookup_tcp(skb, &tuple, sizeof(tuple.ipv4), -1, 0);
    if (!sk)
        return TC_ACT_OK;
    struct bpf_sock *full = bpf_sk_fullsock(sk);
    __u32 mark = full ? full->mark : 0;
    bpf_sk_release(sk); // <- why
    if (mark == 0) // <- here (a test of a pointer that is gone, too)
        return TC_ACT_OK;
    return full->family; // <- here
}

// expect: reference
SEC("tc") int tcp_socket_after_release(struct __sk_buff *skb)
{
    struct bpf_sock_tuple tuple = {};
    struct bpf_sock *sk = bpf_sk_lookup_tcp(skb, &tuple, sizeof(tuple.ipv4), -1, 0);
    if (!sk)
        return TC_ACT_OK;
    struct bpf_tcp_sock *tp = bpf_tcp_sock(sk);
    bpf_sk_release(sk); // <- why
    if (!tp) // <- here
        return TC_ACT_OK;
    return tp->snd_cwnd > 10; // <- here
}

// expect: reference
SEC("tc") int cast_given_to_a_helper(struct __sk_buff *skb)
{
    struct bpf_sock_tuple tuple = {};
    struct bpf_sock *sk = bpf_skc_lookup_tcp(skb, &tuple, sizeof(tuple.ipv4), -1, 0);
    if (!sk)
        return TC_ACT_OK;
    struct bpf_sock *full = bpf_sk_fullsock(sk); // <- why (clang makes one call of the two, without a line)
    if (!full) { // <- here (the test comes behind that call)
        bpf_sk_release(sk);
        return TC_ACT_OK;
    }
    bpf_sk_release(sk); // <- why
    return bpf_get_listener_sock(full) ? TC_ACT_OK : TC_ACT_SHOT; // <- here
}

// expect: reference
SEC("tc") int copy_on_the_stack(struct __sk_buff *skb)
{
    struct event *volatile kept = bpf_ringbuf_reserve(&events, sizeof(struct event), 0);
    struct event *e = kept;
    if (!e)
        return TC_ACT_OK;
    bpf_ringbuf_submit(e, 0); // <- why
    kept->len = 1;            // <- here
    return TC_ACT_OK;
}

// The pointer of a member is not the record.
// expect: reference
SEC("xdp") int submit_a_member(struct xdp_md *ctx)
{
    struct event *e = bpf_ringbuf_reserve(&events, sizeof(*e), 0); // <- why
    if (!e)
        return XDP_PASS;
    bpf_ringbuf_submit(e->payload, 0); // <- here
    return XDP_PASS;
}

// expect: helper-arg
SEC("xdp") int submit_a_map_value(struct xdp_md *ctx)
{
    __u32 key = 0;
    struct event *e = bpf_map_lookup_elem(&scratch, &key); // <- why
    if (!e)
        return XDP_PASS;
    bpf_ringbuf_submit(e, 0); // <- here
    return XDP_PASS;
}

// The second reservation forgets the first.
// expect: reference
SEC("xdp") int overwritten(struct xdp_md *ctx)
{
    struct event *e = bpf_ringbuf_reserve(&events, sizeof(*e), 0); // <- why
    if (!e)
        return XDP_PASS;
    e = bpf_ringbuf_reserve(&events, sizeof(*e), 0);
    if (e)
        bpf_ringbuf_submit(e, 0);
    return XDP_PASS; // <- here
} // <- here

struct {
    __uint(type, BPF_MAP_TYPE_PROG_ARRAY);
    __uint(max_entries, 4);
    __type(key, __u32);
    __type(value, __u32);
} programs SEC(".maps");

// expect: reference
SEC("xdp") int held_over_a_tail_call(struct xdp_md *ctx)
{
    struct event *e = bpf_ringbuf_reserve(&events, sizeof(*e), 0); // <- why
    if (!e)
        return XDP_PASS;
    bpf_tail_call(ctx, &programs, 1); // <- here
    bpf_ringbuf_discard(e, 0);
    return XDP_PASS;
}

static long leak(__u32 i, void *arg)
{
    struct event *e = bpf_ringbuf_reserve(&events, sizeof(*e), 0); // <- why kept_in_a_callback
    if (!e)
        return 1;
    e->pid = i;
    return 0; // <- here kept_in_a_callback
} // <- here kept_in_a_callback

// expect: reference
SEC("xdp") int kept_in_a_callback(struct xdp_md *ctx)
{
    bpf_loop(4, leak, (void *)0, 0);
    return XDP_PASS;
}

static __noinline void finish(struct event *e)
{
    bpf_ringbuf_submit(e, 0); // <- why used_after_a_function_gave_it_back
}

// expect: reference
SEC("xdp") int used_after_a_function_gave_it_back(struct xdp_md *ctx)
{
    struct event *e = bpf_ringbuf_reserve(&events, sizeof(*e), 0);
    if (!e)
        return XDP_PASS;
    finish(e); // <- why
    e->pid = 2; // <- here
    return XDP_PASS;
}

// A socket of the packet is not the program's to give back.
// expect: reference
SEC("tc") int released_without_a_lookup(struct __sk_buff *skb)
{
    struct bpf_sock *sk = skb->sk; // <- why
    if (!sk)
        return TC_ACT_OK;
    bpf_sk_release(sk); // <- here
    return TC_ACT_OK;
}
