#include "report.h"

SEC("xdp") int prog(struct xdp_md *ctx)
{
    return bpf_xdp_adjust_head((void *)ctx + 4, 4) ? 1 : 2;
}
/* report
class ctx
error[stingless::E0082]: argument 1 is the context pointer with an offset
 --> ./ctx_with_offset.bpf.c:5:12
  |
5 |     return bpf_xdp_adjust_head((void *)ctx + 4, 4) ? 1 : 2;
  |            ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^---------------
  |                                            |
  |                                            `ctx` is the context
  |
  = helper: long bpf_xdp_adjust_head(void *xdp_md, u64 delta)
  = note: program `prog`; more about this: stingless check --explain E0082
*/
