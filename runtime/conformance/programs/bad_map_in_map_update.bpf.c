// hook: xdp
// kernel: no, the test's loader makes no maps of maps
// reject: helper-arg
#include "corpus.h"

struct inner {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 4);
	__type(key, __u32);
	__type(value, __u64);
};

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY_OF_MAPS);
	__uint(max_entries, 4);
	__type(key, __u32);
	__array(values, struct inner);
} outer SEC(".maps");

SEC("xdp") int bad(struct xdp_md *ctx)
{
	__u32 key = 0;
	

	__u64 one = 1;

	return bpf_map_update_elem(&outer, &key, &one, 0); /* REJECT */
}
