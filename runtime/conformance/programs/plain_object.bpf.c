// No type information at all, and the older way to say a map.
// flags: -O2 -target bpf -mcpu=v2
// hook: xdp
// run: data=inc64 -> 1
// run: data=inc64 -> 2
// map old: 0/4=2/8
#include "corpus.h"

struct {
	__u32 type, key_size, value_size, max_entries, map_flags;
} old __attribute__((section("maps"), used)) = { BPF_MAP_TYPE_ARRAY, 4, 8, 1, 0 };

SEC("xdp") int count(struct xdp_md *ctx)
{
	__u32 key = 0;
	__u64 *v = bpf_map_lookup_elem(&old, &key);

	return v ? ++*v : 0;
}
