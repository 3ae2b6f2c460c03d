// hook: xdp
// init a: 0/4=1/8 1/4=20/8 2/4=300/8
// run: data=inc64 -> 0x3000141
#include "corpus.h"

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 3);
	__type(key, __u32);
	__type(value, __u64);
} a SEC(".maps");

struct sum {
	__u64 total;
};

static long add(void *map, __u32 *key, __u64 *value, struct sum *sum)
{
	sum->total += *value;
	return 0;
}

SEC("xdp") int each(struct xdp_md *ctx)
{
	struct sum sum = {};
	long n = bpf_for_each_map_elem(&a, add, &sum, 0);

	return n << 24 | sum.total;
}
