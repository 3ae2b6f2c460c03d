// A program that was tail-called from a function has returned: the callback for exceptions is the caller's.
// hook: xdp
// program: throws
// run: data=inc64 -> 1064
// run: data=inc32 -> 133
#include "corpus.h"

int caught(__u64 cookie)
{
	return cookie + 1000;
}

SEC("xdp") int target(struct xdp_md *ctx)
{
	return 1;
}

struct {
	__uint(type, BPF_MAP_TYPE_PROG_ARRAY);
	__uint(max_entries, 1);
	__uint(key_size, sizeof(__u32));
	__array(values, int(struct xdp_md *));
} programs SEC(".maps") = { .values = { [0] = (void *)&target } };

static __noinline int leave(struct xdp_md *ctx)
{
	volatile int kept = 0;

	bpf_tail_call(ctx, &programs, 0);
	return kept;
}

static __noinline __u32 checked(__u32 len)
{
	if (len == 64)
		bpf_throw(len);
	return len + 1;
}

SEC("xdp") __exception_cb(caught) int throws(struct xdp_md *ctx)
{
	if (leave(ctx) != 1)
		return 3;
	return checked(ctx->data_end - ctx->data) + 100;
}
