// A program that calls itself: 33 tail calls are made, the 34th falls through.
// hook: xdp
// run: data=inc64 -> 34
// run: data=inc64 -> 68
#include "corpus.h"

__u32 runs;
int again(struct xdp_md *ctx);

struct {
	__uint(type, BPF_MAP_TYPE_PROG_ARRAY);
	__uint(max_entries, 1);
	__uint(key_size, sizeof(__u32));
	__array(values, int(struct xdp_md *));
} programs SEC(".maps") = { .values = { [0] = (void *)&again } };

SEC("xdp") int again(struct xdp_md *ctx)
{
	runs++;
	bpf_tail_call(ctx, &programs, 0);
	return runs;
}
