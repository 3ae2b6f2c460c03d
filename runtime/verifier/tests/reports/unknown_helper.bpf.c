#include "report.h"

SEC("xdp") int prog(struct xdp_md *ctx)
{
    static long (*bpf_no_such_helper)(void) = (void *)9999;
    return bpf_no_such_helper();
}

/* report
class env
error[stingless::E0140]: there is no helper number 9999
 --> ./unknown_helper.bpf.c:6:12
  |
6 |     return bpf_no_such_helper();
  |            ^^^^^^^^^^^^^^^^^^^^
  |
  = note: program `prog`; more about this: stingless check --explain E0140
*/
