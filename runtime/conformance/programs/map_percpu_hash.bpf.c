// hook: xdp
// run: data=inc64 -> 7
// run: data=inc64 -> 8
// map hits: 5/4=8/8
#include "corpus.h"

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_HASH);
	__uint(max_entries, 8);
	__type(key, __u32);
	__type(value, __u64);
} hits SEC(".maps");

SEC("xdp") int hit(struct xdp_md *ctx)
{
	__u32 key = 5;
	__u64 seven = 7, *n = bpf_map_lookup_elem(&hits, &key);

	if (n)
		return *n += 1;
	bpf_map_update_elem(&hits, &key, &seven, BPF_ANY);
	return seven;
}
