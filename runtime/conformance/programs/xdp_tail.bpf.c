// Shorter, longer (new bytes are zero), and too short.
// hook: xdp
// run: data=inc64 -> 72 out=inc56 00000000000000000000000000000000
// run: data=inc16 -> -22 out=inc16
#include "corpus.h"

SEC("xdp") int tail(struct xdp_md *ctx)
{
	long err = bpf_xdp_adjust_tail(ctx, -8);

	if (err)
		return err;
	err = bpf_xdp_adjust_tail(ctx, 16);
	if (err)
		return err;
	return ctx->data_end - ctx->data;
}
