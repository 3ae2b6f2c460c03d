// hook: xdp
// reject: ctx
#include "corpus.h"

SEC("xdp") int bad(struct xdp_md *ctx)
{
	*(volatile __u32 *)&ctx->rx_queue_index = 1; /* REJECT */
	return 0;
}
