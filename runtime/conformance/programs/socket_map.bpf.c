// hook: socket_filter
// run: data=inc64 -> 1
// run: data=inc16 -> 1
// run: data=inc64 -> 2
// map lengths: 16/4=1/8 64/4=2/8
#include "corpus.h"

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 64);
	__type(key, __u32);
	__type(value, __u64);
} lengths SEC(".maps");

SEC("socket") int count(struct __sk_buff *skb)
{
	__u32 key = skb->len;
	__u64 one = 1, *n = bpf_map_lookup_elem(&lengths, &key);

	if (n)
		return ++*n;
	bpf_map_update_elem(&lengths, &key, &one, BPF_ANY);
	return 1;
}
