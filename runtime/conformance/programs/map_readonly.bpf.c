// A map that programs only read.
// hook: xdp
// init limits: 0/4=100/8 1/4=200/8
// run: data=inc64 -> 300
// map limits: 0/4=100/8 1/4=200/8
#include "corpus.h"

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 2);
	__uint(map_flags, BPF_F_RDONLY_PROG);
	__type(key, __u32);
	__type(value, __u64);
} limits SEC(".maps");

SEC("xdp") int sum(struct xdp_md *ctx)
{
	__u64 total = 0;

	for (__u32 i = 0; i < 2; i++) {
		__u32 key = i;
		__u64 *v = bpf_map_lookup_elem(&limits, &key);

		if (v)
			total += *v;
	}
	return total;
}
