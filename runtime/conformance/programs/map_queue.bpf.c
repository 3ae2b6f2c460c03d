// First in, first out; full ones lose their oldest where asked to.
// hook: xdp
// run: data=inc16 -> 0x54abd0d6
#include "packet.h"

struct {
	__uint(type, BPF_MAP_TYPE_QUEUE);
	__uint(max_entries, 2);
	__type(value, __u32);
} q SEC(".maps");

SEC("xdp") int queue(struct xdp_md *ctx)
{
	__u32 sum = 0, v = 5;

	MIX(sum, bpf_map_pop_elem(&q, &v));
	MIX(sum, v);
	v = 7;
	MIX(sum, bpf_map_push_elem(&q, &v, BPF_ANY));
	v = 8;
	MIX(sum, bpf_map_push_elem(&q, &v, BPF_NOEXIST));
	MIX(sum, bpf_map_push_elem(&q, &v, BPF_ANY));
	v = 9;
	MIX(sum, bpf_map_push_elem(&q, &v, BPF_ANY));
	MIX(sum, bpf_map_push_elem(&q, &v, 3));
	MIX(sum, bpf_map_push_elem(&q, &v, BPF_EXIST));
	MIX(sum, bpf_map_peek_elem(&q, &v));
	MIX(sum, v);
	MIX(sum, bpf_map_pop_elem(&q, &v));
	MIX(sum, v);
	MIX(sum, bpf_map_pop_elem(&q, &v));
	MIX(sum, v);
	MIX(sum, bpf_map_peek_elem(&q, &v));
	MIX(sum, v);
	return sum;
}
