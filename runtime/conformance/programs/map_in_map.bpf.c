// hook: xdp
// kernel: no, the test's loader makes no maps of maps
// run: data=00 -> 0x110502
// run: data=01 -> 0x210602
// run: data=02 -> 0
// Maps of maps, filled by the object: an array of hashes, a hash of arrays, and slots that are empty.
#include "corpus.h"

struct inner_hash {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 8);
	__type(key, __u32);
	__type(value, __u64);
};
struct inner_hash left SEC(".maps"), right SEC(".maps");

struct inner_array {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 4);
	__type(key, __u32);
	__type(value, __u64);
} shared SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY_OF_MAPS);
	__uint(max_entries, 4);
	__type(key, __u32);
	__array(values, struct inner_hash);
} outer SEC(".maps") = { .values = { &left, &right } };

struct {
	__uint(type, BPF_MAP_TYPE_HASH_OF_MAPS);
	__uint(max_entries, 4);
	__type(key, __u32);
	__array(values, struct inner_array);
} keyed SEC(".maps") = { .values = { [1] = &shared } };

static __u64 count(void *map, __u32 key, __u64 first)
{
	__u64 *value = bpf_map_lookup_elem(map, &key);

	if (value)
		return ++*value;
	bpf_map_update_elem(map, &key, &first, BPF_ANY);
	return first;
}

SEC("xdp") int nested(struct xdp_md *ctx)
{
	__u8 *data = DATA(ctx);
	__u32 which, one = 1, absent = 7, last = 3;
	__u64 *direct, r0;
	void *map;

	if (data + 1 > (__u8 *)DATA_END(ctx))
		return -1;
	which = *data;
	map = bpf_map_lookup_elem(&outer, &which);
	if (!map)
		return 0;
	r0 = count(map, 5, 4 + which);
	r0 = count(map, 5, 0) << 8;		/* 5 or 6 */
	map = bpf_map_lookup_elem(&keyed, &absent);
	if (map)
		return -2;
	map = bpf_map_lookup_elem(&keyed, &one);
	if (!map)
		return -3;
	/* What one name changes, the other sees. */
	direct = bpf_map_lookup_elem(&shared, &last);
	if (!direct)
		return -4;
	*direct = 1;
	r0 |= count(map, last, 0);		/* 2 */
	return r0 | ((which + 1) << 20) | 0x10000;
}
