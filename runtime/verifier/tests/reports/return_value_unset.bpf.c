#include "report.h"

SEC("xdp") __attribute__((naked)) int prog(struct xdp_md *ctx)
{
    asm volatile("r1 = *(u32 *)(r1 + 16);"
                 "if r1 > 3 goto 1f;"
                 "r0 = 2;"
                 "1: exit;" ::: "r0", "r1");
}
/* report
class uninit
error[stingless::E0012]: r0, the return value, was never set on this path
 --> ./return_value_unset.bpf.c:5:5
  |
5 |     asm volatile("r1 = *(u32 *)(r1 + 16);"
  |     ^^^
  |     |
  |     where this goes the other way, it is set
  |
  = path: line 5: `asm volatile("r1 = *(u32 *)(r1 + 16);"` goes on
  = help: return a value on every path: `return 0;`
  = note: program `prog`; more about this: stingless check --explain E0012
*/
