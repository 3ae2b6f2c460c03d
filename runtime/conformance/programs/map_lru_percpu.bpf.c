// Each execution slot's own value in an LRU table, read back by slot.
// hook: xdp
// run: data=inc16 -> 7
#include "packet.h"

struct {
	__uint(type, BPF_MAP_TYPE_LRU_PERCPU_HASH);
	__uint(max_entries, 64);
	__type(key, __u32);
	__type(value, __u64);
} l SEC(".maps");

SEC("xdp") int lru(struct xdp_md *ctx)
{
	__u32 key = 3;
	__u64 value = 5, *v;

	if (bpf_map_update_elem(&l, &key, &value, BPF_ANY))
		return 1;
	v = bpf_map_lookup_elem(&l, &key);
	if (!v)
		return 2;
	*v += 2;
	v = bpf_map_lookup_percpu_elem(&l, &key, bpf_get_smp_processor_id());
	if (!v)
		return 3;
	if (bpf_map_lookup_percpu_elem(&l, &key, 1 << 20))
		return 4;
	return *v;
}
