// A callback on every element of a map.
#include "net.h"

struct sum {
	__u64 total;
	__u32 n, max;
};
MAP(counts, BPF_MAP_TYPE_ARRAY, __u32, __u64, 32);

static long each(void *map, __u32 *key, __u64 *value, struct sum *s)
{
	s->total += *value * *key;
	if (*value == 0)
		return 0;
	*value -= 1;
	return s->total > 1ull << 40;
}

SEC("tc") int every(struct __sk_buff *skb)
{
	struct sum s = { .n = skb->len };

	bpf_for_each_map_elem(&counts, each, &s, 0);
	skb->mark = s.total;
	return TC_OK;
}
