// A callback that writes values and keys into its context.
// hook: xdp
// init h: 1/4=1/8 2/4=2/8 3/4=3/8
// run: data=inc64 -> 0x30606
// map h: 1/4=101/8 2/4=102/8 3/4=103/8
#include "corpus.h"

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 8);
	__type(key, __u32);
	__type(value, __u64);
} h SEC(".maps");

struct acc {
	__u32 keys, values;
};

static long visit(void *map, __u32 *key, __u64 *value, struct acc *acc)
{
	acc->keys += *key;
	acc->values += *value;
	*value += 100;
	return 0;
}

SEC("xdp") int each(struct xdp_md *ctx)
{
	struct acc acc = {};
	long n = bpf_for_each_map_elem(&h, visit, &acc, 0);

	return n << 16 | acc.keys << 8 | acc.values;
}
