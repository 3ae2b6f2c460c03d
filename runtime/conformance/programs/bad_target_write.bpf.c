// A redirect's target is the host's.
// hook: xdp
// reject: type
#include "packet.h"

struct {
	__uint(type, BPF_MAP_TYPE_DEVMAP);
	__uint(max_entries, 4);
	__type(key, __u32);
	__type(value, __u32);
} devs SEC(".maps");

SEC("xdp") int bad(struct xdp_md *ctx)
{
	__u32 key = 1, *found = bpf_map_lookup_elem(&devs, &key);

	if (found)
		*found = 2; /* REJECT */
	return 0;
}
