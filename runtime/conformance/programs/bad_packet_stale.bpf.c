// hook: xdp
// reject: packet-stale
#include "corpus.h"

SEC("xdp") int bad(struct xdp_md *ctx)
{
	__u8 *p = DATA(ctx);

	if ((void *)(p + 20) > DATA_END(ctx))
		return 0;
	if (bpf_xdp_adjust_head(ctx, 4))
		return 1;
	return p[4]; /* REJECT */
}
