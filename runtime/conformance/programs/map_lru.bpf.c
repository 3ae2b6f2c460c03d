// hook: xdp
// run: data=inc64 -> 3
// map seen: 1/4=1/8 2/4=4/8 3/4=9/8
#include "corpus.h"

struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, 1024);
	__type(key, __u32);
	__type(value, __u64);
} seen SEC(".maps");

SEC("xdp") int see(struct xdp_md *ctx)
{
	__u32 found = 0;

	for (__u32 i = 1; i < 4; i++) {
		__u32 key = i;
		__u64 value = i * i;

		bpf_map_update_elem(&seen, &key, &value, BPF_ANY);
		found += bpf_map_lookup_elem(&seen, &key) != 0;
	}
	return found;
}
