// The interface that a frame leaves by, which programs of interface maps see.
// hook: xdp
// kernel: no, there are no test runs of such programs
// run: data=inc14 ctx=egress_ifindex:7,ingress_ifindex:3 -> 2
// run: data=inc14 ctx=egress_ifindex:7,ingress_ifindex:7 -> 1
#include "corpus.h"

SEC("xdp/devmap") int leaves(struct xdp_md *ctx)
{
	return ctx->egress_ifindex == ctx->ingress_ifindex ? 1 : 2;
}
