// A callback that returns 1 ends the walk; flags are refused.
// hook: xdp
// run: data=inc64 -> 0x1602
#include "corpus.h"

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 8);
	__type(key, __u32);
	__type(value, __u32);
} a SEC(".maps");

static long stop(void *map, __u32 *key, __u32 *value, void *ctx)
{
	return *key == 1;
}

SEC("xdp") int each(struct xdp_md *ctx)
{
	long bad = bpf_for_each_map_elem(&a, stop, (void *)0, 1);

	return -bad << 8 | bpf_for_each_map_elem(&a, stop, (void *)0, 0);
}
