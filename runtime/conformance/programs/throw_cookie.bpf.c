// A number thrown from a function is the program's result.
// hook: xdp
// run: data=inc64 -> 64
#include "corpus.h"

static __noinline __u32 checked(__u32 len)
{
	if (len == 64)
		bpf_throw(len);
	return len + 1;
}

SEC("xdp") int throws(struct xdp_md *ctx)
{
	return checked(ctx->data_end - ctx->data) + 100;
}
