#include "report.h"

SEC("xdp") __attribute__((naked)) int prog(struct xdp_md *ctx)
{
    asm volatile("call 7;"
                 "r0 = *(u32 *)(r1 + 16);"
                 "r0 &= 1;"
                 "exit;" ::: "r0", "r1");
}
/* report
class uninit
error[stingless::E0010]: r1 is read but was never set on this path
 --> ./argument_after_call.bpf.c:5:5
  |
5 |     asm volatile("call 7;"
  |     ^^^
  |     |
  |     this call does not keep r1: only r6 to r9 survive a call
  |
  = note: program `prog`; more about this: stingless check --explain E0010
*/
