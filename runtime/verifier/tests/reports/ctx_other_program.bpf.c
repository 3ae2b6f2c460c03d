#include "report.h"

SEC("xdp") int prog(struct xdp_md *ctx)
{
    struct __sk_buff *skb = (void *)ctx;
    return skb->cb[0] & 1;
}
/* report
class ctx
error[stingless::E0080]: `struct xdp_md` has no field of 4 bytes at offset 48
 --> ./ctx_other_program.bpf.c:6:12
  |
6 |     return skb->cb[0] & 1;
  |            ^^^^^^^^^^
  |
  = note: program `prog`; more about this: stingless check --explain E0080
*/
