// A callback that uses a map.
// hook: xdp
// run: data=inc64 -> 20
// map squares: 0/4=0/8 1/4=1/8 2/4=4/8 3/4=9/8
#include "corpus.h"

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 64);
	__type(key, __u32);
	__type(value, __u64);
} squares SEC(".maps");

static long insert(__u64 i, void *ctx)
{
	__u32 key = i & 3;
	__u64 value = key * key;

	bpf_map_update_elem(&squares, &key, &value, BPF_ANY);
	return 0;
}

SEC("xdp") int fill(struct xdp_md *ctx)
{
	return bpf_loop(20, insert, (void *)0, 0);
}
