// Last in, first out; full ones lose their oldest where asked to.
// hook: xdp
// run: data=inc16 -> 0x89a01fd7
#include "packet.h"

struct {
	__uint(type, BPF_MAP_TYPE_STACK);
	__uint(max_entries, 2);
	__type(value, __u32);
} s SEC(".maps");

SEC("xdp") int stack(struct xdp_md *ctx)
{
	__u32 sum = 0, v = 5;

	MIX(sum, bpf_map_pop_elem(&s, &v));
	MIX(sum, v);
	v = 7;
	MIX(sum, bpf_map_push_elem(&s, &v, BPF_ANY));
	v = 8;
	MIX(sum, bpf_map_push_elem(&s, &v, BPF_NOEXIST));
	MIX(sum, bpf_map_push_elem(&s, &v, BPF_ANY));
	v = 9;
	MIX(sum, bpf_map_push_elem(&s, &v, BPF_ANY));
	MIX(sum, bpf_map_push_elem(&s, &v, 3));
	MIX(sum, bpf_map_push_elem(&s, &v, BPF_EXIST));
	MIX(sum, bpf_map_peek_elem(&s, &v));
	MIX(sum, v);
	MIX(sum, bpf_map_pop_elem(&s, &v));
	MIX(sum, v);
	MIX(sum, bpf_map_pop_elem(&s, &v));
	MIX(sum, v);
	MIX(sum, bpf_map_peek_elem(&s, &v));
	MIX(sum, v);
	return sum;
}
