// Pointers that may be NULL.
#include "mistakes.h"

// expect: null
SEC("xdp") int lookup_and_increment(struct xdp_md *ctx)
{
    __u32 key = ctx->rx_queue_index;
    struct stats *s = bpf_map_lookup_elem(&by_ip, &key); // <- why
    s->packets++;                                        // <- here
    return XDP_PASS;
}

// Arrays, too: the author knows that element 0 is there, the index may be too large.
// expect: null
SEC("xdp") int array_element_is_always_there(struct xdp_md *ctx)
{
    __u32 key = ctx->ingress_ifindex;
    __u64 *n = bpf_map_lookup_elem(&counters, &key); // <- why
    __sync_fetch_and_add(n, 1);                      // <- here
    return XDP_PASS;
}

// expect: null
SEC("tc") int update_then_lookup(struct __sk_buff *skb)
{
    __u32 key = skb->mark;
    struct stats fresh = {};

    struct stats *s = bpf_map_lookup_elem(&by_ip, &key);
    if (!s) {
        bpf_map_update_elem(&by_ip, &key, &fresh, BPF_NOEXIST);
        s = bpf_map_lookup_elem(&by_ip, &key); // <- why
    }
    s->bytes += skb->len; // <- here
    return TC_ACT_OK;
}

// The check comes one line too late.
// expect: null
SEC("tc") int check_after_use(struct __sk_buff *skb)
{
    __u32 key = skb->mark;
    struct stats *s = bpf_map_lookup_elem(&by_ip, &key); // <- why
    __u64 before = *(volatile __u64 *)&s->packets;       // <- here
    if (!s)
        return TC_ACT_OK;
    s->packets = before + 1;
    return TC_ACT_OK;
}

// expect: null
SEC("xdp") int other_pointer_checked(struct xdp_md *ctx)
{
    __u32 in = ctx->ingress_ifindex, out = ctx->rx_queue_index;
    struct stats *a = bpf_map_lookup_elem(&by_ip, &in);
    struct stats *b = bpf_map_lookup_elem(&by_ip, &out); // <- why
    if (!a)
        return XDP_PASS;
    a->packets += 1;
    b->packets += 1; // <- here
    return XDP_PASS;
}

// clang joins the two tests into one of `a | b`: what it is told for is that.
// expect: provenance
SEC("xdp") int either_is_enough(struct xdp_md *ctx)
{
    __u32 in = ctx->ingress_ifindex, out = ctx->rx_queue_index;
    struct stats *a = bpf_map_lookup_elem(&by_ip, &in);  // <- why
    struct stats *b = bpf_map_lookup_elem(&by_ip, &out); // <- why
    if (!a && !b)                                        // <- here
        return XDP_PASS;
    if (ctx->egress_ifindex)
        b->packets += 1;
    return XDP_PASS;
}

static __always_inline void account(struct stats *s, __u32 len)
{
    s->packets++; // <- here lookup_in_a_helper_function
    s->bytes += len;
}

// expect: null
SEC("tc") int lookup_in_a_helper_function(struct __sk_buff *skb)
{
    __u32 key = skb->mark;
    struct stats *s = bpf_map_lookup_elem(&by_ip, &key); // <- why
    account(s, skb->len);
    return TC_ACT_OK;
}

static __noinline struct stats *find(__u32 key)
{
    return bpf_map_lookup_elem(&by_ip, &key); // <- why found_by_a_function
}

// expect: null
SEC("tc") int found_by_a_function(struct __sk_buff *skb)
{
    struct stats *s = find(skb->mark); // <- why
    s->packets = 1;                    // <- here
    return TC_ACT_OK;
}

// expect: null
SEC("xdp") int reserve_without_check(struct xdp_md *ctx)
{
    struct event *e = bpf_ringbuf_reserve(&events, sizeof(*e), 0); // <- why
    e->pid = ctx->rx_queue_index;                                  // <- here
    bpf_ringbuf_submit(e, 0);
    return XDP_PASS;
}

// expect: null
SEC("tc") int socket_without_check(struct __sk_buff *skb)
{
    struct bpf_sock_tuple tuple = {};
    struct bpf_sock *sk = bpf_sk_lookup_tcp(skb, &tuple, sizeof(tuple.ipv4), -1, 0); // <- why
    __u32 state = sk->state;                                                         // <- here
    bpf_sk_release(sk);
    return state == 1 ? TC_ACT_OK : TC_ACT_SHOT;
}

// expect: null
SEC("tc") int socket_of_the_packet(struct __sk_buff *skb)
{
    struct bpf_sock *sk = skb->sk;                            // <- why
    return sk->family == 2 ? TC_ACT_OK : TC_ACT_SHOT;         // <- here
}

// expect: null
SEC("tc") int release_what_may_be_null(struct __sk_buff *skb)
{
    struct bpf_sock_tuple tuple = {};
    struct bpf_sock *sk = bpf_sk_lookup_udp(skb, &tuple, sizeof(tuple.ipv4), -1, 0); // <- why
    bpf_sk_release(sk);                                                              // <- here
    return TC_ACT_OK;
}

// The condition is the wrong way round.
// expect: null
SEC("tc") int inverted(struct __sk_buff *skb)
{
    __u32 key = skb->mark;
    struct stats *s = bpf_map_lookup_elem(&by_ip, &key); // <- why
    if (s == (void *)0) {                                // <- why
        asm volatile("" : "+r"(s));
        s->packets++; // <- here
    }
    return TC_ACT_OK;
}

// The value is looked up with the value of another lookup as key.
// expect: null
SEC("tc") int chain_of_lookups(struct __sk_buff *skb)
{
    __u32 key = skb->mark;
    __u64 *n = bpf_map_lookup_elem(&counters, &key);   // <- why
    struct stats *s = bpf_map_lookup_elem(&by_ip, n);  // <- here
    if (s)
        s->packets++;
    return TC_ACT_OK;
}

static long each(__u32 i, void *arg)
{
    __u32 key = i;
    __u64 *n = bpf_map_lookup_elem(&counters, &key); // <- why in_a_callback
    *n += 1;                                         // <- here in_a_callback
    return 0;
}

// expect: null
SEC("xdp") int in_a_callback(struct xdp_md *ctx)
{
    bpf_loop(64, each, (void *)0, 0);
    return XDP_PASS;
}

__noinline int global_count(struct stats *s)
{
    s->packets++; // <- here global_function_argument
    return 0;
}

// A global function is verified for every caller.
// expect: null
SEC("tc") int global_function_argument(struct __sk_buff *skb)
{
    __u32 key = skb->mark;
    struct stats *s = bpf_map_lookup_elem(&by_ip, &key);
    return s ? global_count(s) : TC_ACT_OK; // <- why
}

// expect: null
SEC("tc") int offset_before_check(struct __sk_buff *skb)
{
    __u32 key = skb->mark;
    struct stats *s = bpf_map_lookup_elem(&by_ip, &key); // <- why
    __u8 *name = s->name + (skb->len & 31);              // <- here
    asm volatile("" : "+r"(name));
    if (!s)
        return TC_ACT_OK;
    return name[0];
}
