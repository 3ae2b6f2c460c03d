// hook: tc
// run: data=inc64 -> 0
// run: data=inc64 -> 0
// run: data=inc64 -> 2
// map bucket: 0/4=2/8
#include "corpus.h"

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, __u64);
} bucket SEC(".maps");

SEC("tc") int limit(struct __sk_buff *skb)
{
	__u32 key = 0;
	__u64 *n = bpf_map_lookup_elem(&bucket, &key);

	if (!n || *n >= 2)
		return TC_ACT_SHOT;
	*n += 1;
	return TC_ACT_OK;
}
