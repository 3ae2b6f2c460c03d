// hook: xdp
// run: data=inc64 -> 2 out=a1a2a3a4a5a6a7a8 inc64
#include "corpus.h"

SEC("xdp") int grow_head(struct xdp_md *ctx)
{
	__u8 *p;

	if (bpf_xdp_adjust_head(ctx, -8))
		return XDP_ABORTED;
	p = DATA(ctx);
	if ((void *)(p + 8) > DATA_END(ctx))
		return XDP_DROP;
#pragma clang loop unroll(disable)
	for (int i = 0; i < 8; i++)
		p[i] = 0xa1 + i;
	return XDP_PASS;
}
