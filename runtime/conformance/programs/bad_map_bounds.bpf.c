// hook: xdp
// reject: bounds
#include "corpus.h"

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, __u32[4]);
} a SEC(".maps");

SEC("xdp") int bad(struct xdp_md *ctx)
{
	__u32 key = 0, i = ctx->data_end - ctx->data;
	__u32 *v = bpf_map_lookup_elem(&a, &key);

	if (!v || i > 4)
		return 0;
	return v[i]; /* REJECT */
}
