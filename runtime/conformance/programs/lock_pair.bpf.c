// Two counters under one lock, in a section.
// hook: xdp
// run: data=inc64 -> 128
#include "corpus.h"

struct pair {
	struct bpf_spin_lock lock;
	__u32 packets;
	__u64 bytes;
};

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 4);
	__type(key, __u32);
	__type(value, struct pair);
} pairs SEC(".maps");

static __noinline void count(struct pair *pair, __u64 bytes)
{
	pair->packets += 1;
	pair->bytes += bytes;
}

SEC("xdp") int locked(struct xdp_md *ctx)
{
	__u64 len = ctx->data_end - ctx->data, sum = 0;
	struct pair fresh = {}, *pair;
	__u32 key = 1;

	bpf_map_update_elem(&pairs, &key, &fresh, 0);
	bpf_rcu_read_lock();
	pair = bpf_map_lookup_elem(&pairs, &key);
	if (pair) {
		bpf_spin_lock(&pair->lock);
		count(pair, len);
		count(pair, len);
		bpf_spin_unlock(&pair->lock);
		sum = pair->bytes + pair->packets - 2;
	}
	bpf_rcu_read_unlock();
	return sum;
}
