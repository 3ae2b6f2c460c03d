// Counts bytes by value: array values through pointers and atomics.
// hook: xdp
// run: data=00000000000000000000000000010203 -> 1
// run: data=00000000000000000000000000010203 -> 2
// map counts: 0/4=2/8 1/4=0/8 2/4=0/8 3/4=2/8
#include "corpus.h"

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 4);
	__type(key, __u32);
	__type(value, __u64);
} counts SEC(".maps");

SEC("xdp") int count(struct xdp_md *ctx)
{
	__u8 *p = DATA(ctx);
	__u32 key;
	__u64 *n;

	if ((void *)(p + 16) > DATA_END(ctx))
		return 0;
	for (int i = 0; i < 16; i += 15) {
		key = p[i];
		n = bpf_map_lookup_elem(&counts, &key);
		if (n)
			__sync_fetch_and_add(n, 1);
	}
	key = 0;
	n = bpf_map_lookup_elem(&counts, &key);
	return n ? *n : -1;
}
