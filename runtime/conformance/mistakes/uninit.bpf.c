// What was never written.
#include "mistakes.h"

// The padding behind the last member of the key.
// expect: uninit
SEC("tc") int padding_of_a_key(struct __sk_buff *skb)
{
    struct flow key; // <- why
    key.saddr = skb->mark; // <- why
    key.daddr = skb->hash; // <- why
    key.sport = 1;         // <- why
    key.dport = 2;         // <- why
    key.proto = 6;         // <- why
    __u64 *n = bpf_map_lookup_elem(&flows, &key); // <- here
    return n ? TC_ACT_SHOT : TC_ACT_OK;
}

// expect: uninit
SEC("tc") int one_member_forgotten(struct __sk_buff *skb)
{
    struct event e;       // <- why
    e.pid = skb->mark;    // <- why
    e.at = bpf_ktime_get_ns(); // <- why
    bpf_ringbuf_output(&events, &e, 16, 0); // <- here
    return TC_ACT_OK;
}

// expect: uninit
SEC("tc") int key_never_set(struct __sk_buff *skb)
{
    __u32 key;
    struct stats *s = bpf_map_lookup_elem(&by_ip, &key); // <- here
    return s ? TC_ACT_SHOT : TC_ACT_OK;
}

// expect: uninit
SEC("xdp") int set_on_one_branch(struct xdp_md *ctx)
{
    volatile __u32 key;
    if (ctx->rx_queue_index) // <- why
        key = 1;
    return key & 1; // <- here
}

// expect: uninit
SEC("xdp") int key_set_on_one_branch(struct xdp_md *ctx)
{
    __u32 key;
    if (ctx->rx_queue_index > 4) // <- why
        key = ctx->rx_queue_index;
    struct stats *s = bpf_map_lookup_elem(&by_ip, &key); // <- here
    return s ? XDP_DROP : XDP_PASS;
}

// expect: uninit
SEC("tc") int buffer_longer_than_its_text(struct __sk_buff *skb)
{
    char name[36];
    name[0] = 'a'; // <- why
    name[1] = 0;   // <- why
    bpf_ringbuf_output(&events, name, sizeof(name), 0); // <- here
    return TC_ACT_OK;
}

// The value, not the key.
// expect: uninit
SEC("tc") int value_half_filled(struct __sk_buff *skb)
{
    __u32 key = skb->mark;
    struct stats fresh;       // <- why
    fresh.packets = 1;        // <- why
    fresh.bytes = skb->len;   // <- why
    bpf_map_update_elem(&by_ip, &key, &fresh, BPF_ANY); // <- here
    return TC_ACT_OK;
}

static __noinline int parse(struct __sk_buff *skb, struct flow *out)
{
    if (skb->protocol != bpf_htons(0x0800)) // <- why filled_by_a_function
        return -1;
    out->saddr = skb->mark;
    return 0;
}

// expect: uninit
SEC("tc") int filled_by_a_function(struct __sk_buff *skb)
{
    struct flow f;
    parse(skb, &f);
    return f.saddr & 1; // <- here
}

// An error of the helper that fills it is ignored: Linux and we accept that, the bytes are written either way. But only 4.
// expect: uninit
SEC("tc") int helper_fills_a_part(struct __sk_buff *skb)
{
    __u8 buf[16];
    bpf_skb_load_bytes(skb, 0, buf, 4); // <- why
    bpf_ringbuf_output(&events, buf, 16, 0); // <- here
    return TC_ACT_OK;
}

// A declaration that left an argument out.
static long (*const update3)(void *map, const void *key, const void *value) = (void *)2;

// expect: uninit
SEC("tc") int declaration_without_flags(struct __sk_buff *skb)
{
    __u32 key = 0;
    __u64 one = 1;
    update3(&counters, &key, &one); // <- here
    return TC_ACT_OK;
}

// The result of a helper that returns nothing.
static long (*const submit)(void *data, __u64 flags) = (void *)132;

// expect: uninit
SEC("xdp") int result_of_submit(struct xdp_md *ctx)
{
    struct event *e = bpf_ringbuf_reserve(&events, sizeof(*e), 0);
    if (!e)
        return XDP_PASS;
    return submit(e, 0); // <- here
}

// expect: uninit
SEC("xdp") int dynptr_read_into_a_part(struct xdp_md *ctx)
{
    struct bpf_dynptr p;
    __u8 head[32];
    bpf_dynptr_from_xdp((void *)ctx, 0, &p);
    bpf_dynptr_read(head, 14, &p, 0, 0); // <- why
    return head[20] & 1; // <- here
}
