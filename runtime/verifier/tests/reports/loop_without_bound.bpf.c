#include "report.h"

SEC("xdp") int prog(struct xdp_md *ctx)
{
    __u32 n = bpf_get_prandom_u32(), sum = 0;
    for (__u32 i = 0; i < n; i++)
        sum += bpf_get_prandom_u32();
    return sum & 1;
}

/* report
class loop-or-budget
error[stingless::E0111]: the program is too complex: more than 200000 steps of work
 --> ./loop_without_bound.bpf.c:6:5
  |
6 |     for (__u32 i = 0; i < n; i++)
  |     ^^^
7 |         sum += bpf_get_prandom_u32();
  |                --------------------- the loop begins here
  |
  = help: give the loop a bound that the verifier sees: `for (int i = 0; i < 64; i++)`, or use `bpf_loop`, whose body is verified once
  = note: program `prog`; more about this: stingless check --explain E0111
*/
