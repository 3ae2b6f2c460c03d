#include "report.h"

SEC("xdp") int prog(struct xdp_md *ctx)
{
    ctx->ingress_ifindex = 1;
    return 2;
}

/* report
class ctx
error[stingless::E0081]: field `ingress_ifindex` of `struct xdp_md` may not be written
 --> ./ctx_write.bpf.c:5:5
  |
3 | SEC("xdp") int prog(struct xdp_md *ctx)
  | --------------------------------------- `ctx` is the context
...
5 |     ctx->ingress_ifindex = 1;
  |     ^^^^^^^^^^^^^^^^^^^^^^^^
  |
  = note: program `prog`; more about this: stingless check --explain E0081
*/
