// Metadata before the packet.
// hook: xdp
// run: data=inc64 -> 0x11223344
#include "corpus.h"

SEC("xdp") int meta(struct xdp_md *ctx)
{
	__u32 *m;

	if (bpf_xdp_adjust_meta(ctx, -(int)sizeof(*m)))
		return 1;
	m = (void *)(long)ctx->data_meta;
	if ((void *)(m + 1) > DATA(ctx))
		return 2;
	*m = 0x11223344;
	/* EACCES: no multiple of 4; EINVAL: behind the packet's start, before the buffer's. */
	if (bpf_xdp_adjust_meta(ctx, -2) != -13)
		return 3;
	if (bpf_xdp_adjust_meta(ctx, 8) != -22 || bpf_xdp_adjust_meta(ctx, -4096) != -22)
		return 4;
	m = (void *)(long)ctx->data_meta;
	if ((void *)(m + 1) > DATA(ctx) || *m != 0x11223344)
		return 5;
	return bpf_xdp_adjust_meta(ctx, sizeof(*m)) ? 6 : 0x11223344;
}
