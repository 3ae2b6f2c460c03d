// Locks and sections.
#include "mistakes.h"

struct guarded {
    struct bpf_spin_lock lock;
    __u32 n;
    __u64 at;
};
struct {
    __uint(type, BPF_MAP_TYPE_ARRAY);
    __uint(max_entries, 4);
    __type(key, __u32);
    __type(value, struct guarded);
} guarded SEC(".maps");

// expect: lock
SEC("tc") int helper_under_the_lock(struct __sk_buff *skb)
{
    __u32 key = 0;
    struct guarded *g = bpf_map_lookup_elem(&guarded, &key);
    if (!g)
        return TC_ACT_OK;
    bpf_spin_lock(&g->lock); // <- why
    g->at = bpf_ktime_get_ns(); // <- here
    bpf_spin_unlock(&g->lock);
    return TC_ACT_OK;
}

// expect: lock
SEC("tc") int return_under_the_lock(struct __sk_buff *skb)
{
    __u32 key = 0;
    struct guarded *g = bpf_map_lookup_elem(&guarded, &key);
    if (!g)
        return TC_ACT_OK;
    bpf_spin_lock(&g->lock); // <- why
    if (g->n++ > 10)
        return TC_ACT_SHOT; // <- here
    bpf_spin_unlock(&g->lock);
    return TC_ACT_OK;
} // <- here

// expect: lock
SEC("tc") int two_locks(struct __sk_buff *skb)
{
    __u32 a = 0, b = 1;
    struct guarded *x = bpf_map_lookup_elem(&guarded, &a);
    struct guarded *y = bpf_map_lookup_elem(&guarded, &b);
    if (!x || !y)
        return TC_ACT_OK;
    bpf_spin_lock(&x->lock); // <- why
    bpf_spin_lock(&y->lock); // <- here
    x->n = y->n;
    bpf_spin_unlock(&y->lock);
    bpf_spin_unlock(&x->lock);
    return TC_ACT_OK;
}

// expect: lock
SEC("tc") int another_lock_given_back(struct __sk_buff *skb)
{
    __u32 a = 0, b = 1;
    struct guarded *x = bpf_map_lookup_elem(&guarded, &a);
    struct guarded *y = bpf_map_lookup_elem(&guarded, &b);
    if (!x || !y)
        return TC_ACT_OK;
    bpf_spin_lock(&x->lock); // <- why
    x->n = y->n;
    bpf_spin_unlock(&y->lock); // <- here
    return TC_ACT_OK;
}

// expect: lock
SEC("tc") int unlock_only(struct __sk_buff *skb)
{
    __u32 key = 0;
    struct guarded *g = bpf_map_lookup_elem(&guarded, &key);
    if (!g)
        return TC_ACT_OK;
    bpf_spin_unlock(&g->lock); // <- here
    return TC_ACT_OK;
}

// expect: lock
SEC("tc") int unlocked_twice(struct __sk_buff *skb)
{
    __u32 key = 0;
    struct guarded *g = bpf_map_lookup_elem(&guarded, &key);
    if (!g)
        return TC_ACT_OK;
    bpf_spin_lock(&g->lock);
    g->n++;
    bpf_spin_unlock(&g->lock); // <- why
    bpf_spin_unlock(&g->lock); // <- here
    return TC_ACT_OK;
}

// expect: lock
SEC("tc") int no_lock_there(struct __sk_buff *skb)
{
    __u32 key = 0;
    struct guarded *g = bpf_map_lookup_elem(&guarded, &key); // <- why
    if (!g)
        return TC_ACT_OK;
    bpf_spin_lock((void *)&g->n); // <- here
    bpf_spin_unlock((void *)&g->n);
    return TC_ACT_OK;
}

// expect: lock
SEC("tc") int lock_on_the_stack(struct __sk_buff *skb)
{
    struct bpf_spin_lock lock = {}; // <- why
    bpf_spin_lock(&lock); // <- here
    bpf_spin_unlock(&lock);
    return TC_ACT_OK;
}

// The lock is copied with the value.
// expect: bounds
SEC("tc") int lock_overwritten(struct __sk_buff *skb)
{
    __u32 key = 0;
    struct guarded *g = bpf_map_lookup_elem(&guarded, &key); // <- why
    if (!g)
        return TC_ACT_OK;
    __builtin_memset(g, 0, sizeof(*g)); // <- here
    return TC_ACT_OK;
}

// expect: lock
SEC("tc") int function_under_the_lock(struct __sk_buff *skb)
{
    __u32 key = 0;
    struct guarded *g = bpf_map_lookup_elem(&guarded, &key);
    if (!g)
        return TC_ACT_OK;
    bpf_spin_lock(&g->lock); // <- why
    bpf_map_update_elem(&counters, &key, &g->at, BPF_ANY); // <- here
    bpf_spin_unlock(&g->lock);
    return TC_ACT_OK;
}

// expect: lock
SEC("tc") int section_not_left(struct __sk_buff *skb)
{
    __u32 key = skb->mark;
    bpf_rcu_read_lock(); // <- why
    __u64 *n = bpf_map_lookup_elem(&counters, &key);
    if (!n)
        return TC_ACT_OK; // <- here
    bpf_rcu_read_unlock();
    return TC_ACT_OK;
} // <- here

// expect: lock
SEC("tc") int section_left_twice(struct __sk_buff *skb)
{
    bpf_preempt_disable();
    bpf_preempt_enable(); // <- why
    bpf_preempt_enable(); // <- here
    return TC_ACT_OK;
}
