// hook: raw
// run: data=01 -> 1
// run: data=01 -> 2
// map n: 1/4=2/8
#include "corpus.h"

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 4);
	__type(key, __u32);
	__type(value, __u64);
} n SEC(".maps");

SEC("raw") __u64 count(__u8 *mem, __u64 len)
{
	__u32 key;
	__u64 one = 1, *v;

	if (len < 1)
		return 0;
	key = *mem;
	v = bpf_map_lookup_elem(&n, &key);
	if (v)
		return ++*v;
	bpf_map_update_elem(&n, &key, &one, BPF_ANY);
	return 1;
}
