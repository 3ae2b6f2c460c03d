// An array whose key is no index.
// hook: xdp
// error: map `a`: key_size is 8, must be 4
#include "corpus.h"

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u64);
	__type(value, __u64);
} a SEC(".maps");

SEC("xdp") int bad(struct xdp_md *ctx)
{
	__u64 key = 0;

	return bpf_map_lookup_elem(&a, &key) != 0;
}
