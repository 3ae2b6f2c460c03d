#include "report.h"

SEC("xdp") int prog(struct xdp_md *ctx)
{
    volatile __u32 stop = 0;
    while (!stop)
        ;
    return 2;
}

/* report
class loop-or-budget
error[stingless::E0110]: the loop comes back here with nothing changed: it never ends
 --> ./endless_loop.bpf.c:6:13
  |
6 |     while (!stop)
  |             ^^^^
  |
  = help: give the loop a bound that the verifier sees: `for (int i = 0; i < 64; i++)`, or use `bpf_loop`, whose body is verified once
  = note: program `prog`; more about this: stingless check --explain E0110
*/
