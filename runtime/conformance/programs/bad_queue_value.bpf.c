// A bloom filter is asked for a value that was never set.
// hook: xdp
// reject: uninit
// kernel: accepts, root may give away what is on the stack
#include "packet.h"

struct {
	__uint(type, BPF_MAP_TYPE_BLOOM_FILTER);
	__uint(max_entries, 4);
	__type(value, __u64);
} b SEC(".maps");

SEC("xdp") int bad(struct xdp_md *ctx)
{
	__u64 value;

	return bpf_map_peek_elem(&b, &value); /* REJECT */
}
