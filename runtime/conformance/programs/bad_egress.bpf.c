// The interface that a frame leaves by, read before it is known.
// hook: xdp
// reject: ctx
#include "corpus.h"

SEC("xdp") int leaves(struct xdp_md *ctx)
{
	return ctx->egress_ifindex ? 1 : 2; /* REJECT */
}
