// A loop that comes back to where it was.
// hook: xdp
// reject: loop-or-budget
#include "corpus.h"

SEC("xdp") int bad(struct xdp_md *ctx)
{
	asm volatile("1: if %0 != 0 goto 1b" : : "r"(ctx->rx_queue_index)); /* REJECT */
	return 0;
}
