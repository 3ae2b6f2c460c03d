// From a subprogram: the callee returns to that subprogram's caller.
// hook: xdp
// program: entry
// run: data=inc64 -> 107
#include "corpus.h"

SEC("xdp") int target(struct xdp_md *ctx)
{
	return 7;
}

struct {
	__uint(type, BPF_MAP_TYPE_PROG_ARRAY);
	__uint(max_entries, 1);
	__uint(key_size, sizeof(__u32));
	__array(values, int(struct xdp_md *));
} programs SEC(".maps") = { .values = { [0] = (void *)&target } };

static __noinline int leave(struct xdp_md *ctx)
{
	volatile int kept = 1;

	bpf_tail_call(ctx, &programs, 0);
	return kept;
}

SEC("xdp") int entry(struct xdp_md *ctx)
{
	return leave(ctx) + 100;
}
