// A full table never refuses: it lets old elements go. Which ones is each implementation's own choice.
// hook: xdp
// kernel: no, it keeps elements of its own in reserve for each CPU
// run: data=inc64 -> 1
#include "corpus.h"

struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, 16);
	__type(key, __u32);
	__type(value, __u64);
} seen SEC(".maps");

__u32 found;

SEC("xdp") int evict(struct xdp_md *ctx)
{
	for (__u32 i = 0; i < 64; i++) {
		__u32 key = i;
		__u64 value = i;

		if (bpf_map_update_elem(&seen, &key, &value, BPF_ANY))
			return -1;
	}
	for (__u32 i = 0; i < 64; i++) {
		__u32 key = i;

		if (bpf_map_lookup_elem(&seen, &key))
			found++;
	}
	return found > 0 && found <= 16;
}
