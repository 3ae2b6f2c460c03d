// hook: xdp
// run: data=inc64 -> 1
// run: data=inc64 -> 2
// map hits: 0/4=0/8 1/4=2/8
#include "corpus.h"

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 2);
	__type(key, __u32);
	__type(value, __u64);
} hits SEC(".maps");

SEC("xdp") int hit(struct xdp_md *ctx)
{
	__u32 key = 1;
	__u64 *n = bpf_map_lookup_elem(&hits, &key);

	if (!n)
		return -1;
	*n += 1;
	return *n;
}
