// A number thrown from a function goes through the program's callback for exceptions.
// hook: xdp
// run: data=inc64 -> 1064
// run: data=inc32 -> 133
#include "corpus.h"

int caught(__u64 cookie)
{
	return cookie + 1000;
}

static __noinline __u32 checked(__u32 len)
{
	if (len == 64)
		bpf_throw(len);
	return len + 1;
}

SEC("xdp") __exception_cb(caught) int throws(struct xdp_md *ctx)
{
	return checked(ctx->data_end - ctx->data) + 100;
}
