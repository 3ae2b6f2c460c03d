// What was added is there; of what was not, most is not.
// hook: xdp
// run: data=inc16 -> 1
#include "packet.h"

struct {
	__uint(type, BPF_MAP_TYPE_BLOOM_FILTER);
	__uint(max_entries, 100);
	__uint(map_extra, 3);
	__type(value, __u64);
} b SEC(".maps");

SEC("xdp") int bloom(struct xdp_md *ctx)
{
	__u64 v;
	long failed = 0, there = 0;

	for (int i = 0; i < 20; i++) {
		v = i;
		failed |= bpf_map_push_elem(&b, &v, BPF_ANY);
	}
	v = 0;
	if (failed || bpf_map_push_elem(&b, &v, BPF_EXIST) != -22)
		return 2;
	for (int i = 0; i < 20; i++) {
		v = i;
		failed |= bpf_map_peek_elem(&b, &v);
	}
	for (int i = 0; i < 20; i++) {
		v = 1000 + i;
		there += bpf_map_peek_elem(&b, &v);
	}
	/* -ENOENT for each that is not there. */
	return !failed && there <= -20;
}
