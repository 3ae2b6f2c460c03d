// A key of which half was never set.
// hook: xdp
// reject: uninit
// kernel: no, it takes a 4-byte spill at the upper half of a slot for a whole one
#include "corpus.h"

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 4);
	__type(key, __u64);
	__type(value, __u64);
} h SEC(".maps");

SEC("xdp") int bad(struct xdp_md *ctx)
{
	__u32 key[2];

	key[0] = ctx->rx_queue_index;
	return bpf_map_lookup_elem(&h, key) != 0; /* REJECT */
}
