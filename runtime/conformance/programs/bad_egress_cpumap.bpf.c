// The interface that a frame leaves by, asked on the way to another CPU.
// hook: xdp
// reject: ctx
#include "corpus.h"

SEC("xdp.frags/cpumap") int leaves(struct xdp_md *ctx)
{
	return ctx->egress_ifindex ? 1 : 2; /* REJECT */
}
