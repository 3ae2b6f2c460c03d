#include "report.h"

SEC("xdp") int prog(struct xdp_md *ctx)
{
    __u64 both = *(__u64 *)&ctx->ingress_ifindex;
    return both & 1;
}
