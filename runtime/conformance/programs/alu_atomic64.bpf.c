// flags: -O2 -g -target bpf -mcpu=v3
// hook: xdp
// run: data=inc64 -> 1
// map m: 0/4=0x123456789abcdef1/8
#include "corpus.h"

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, __u64);
} m SEC(".maps");

SEC("xdp") int atomics(struct xdp_md *ctx)
{
	__u32 key = 0;
	__u64 *v = bpf_map_lookup_elem(&m, &key), a, b, c;

	if (!v)
		return 0;
	a = __sync_val_compare_and_swap(v, 0, 0x123456789abcdef0);
	b = __sync_fetch_and_add(v, 1);
	c = __sync_fetch_and_xor(v, 0);
	return a == 0 && b == 0x123456789abcdef0 && c == 0x123456789abcdef1;
}
