// hook: xdp
// run: data=0102030405060708 inc64 -> 64 out=inc64
// run: data=inc16 -> -22
#include "corpus.h"

SEC("xdp") int shrink_head(struct xdp_md *ctx)
{
	long err = bpf_xdp_adjust_head(ctx, 8);

	if (err)
		return err;
	return ctx->data_end - ctx->data;
}
