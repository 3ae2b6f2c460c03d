// Lookup, insert, change through the pointer.
// hook: xdp
// init hits: 9/4=1/8
// run: data=inc64 -> 1
// run: data=inc64 -> 2
// map hits: 7/4=2/8 9/4=1/8
#include "corpus.h"

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 16);
	__type(key, __u32);
	__type(value, __u64);
} hits SEC(".maps");

SEC("xdp") int hit(struct xdp_md *ctx)
{
	__u32 key = 7;
	__u64 one = 1, *n = bpf_map_lookup_elem(&hits, &key);

	if (n)
		return __sync_fetch_and_add(n, 1) + 1;
	bpf_map_update_elem(&hits, &key, &one, BPF_NOEXIST);
	return one;
}
