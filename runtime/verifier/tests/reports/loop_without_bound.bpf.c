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
  |     ^^^                       --- each time round `i` is 3917, then 3918
  |
  = cause: the loop does not converge: `n` is 3918..=4294967295, then 3919..=4294967295, `i` is 3917, then 3918; examined most: line 6 (49 %), line 7 (33 %), line 8 (16 %)
  = help: give the loop a bound that the verifier sees: `for (int i = 0; i < 64; i++)`, or use `bpf_loop`, whose body is verified once
  = note: program `prog`; more about this: stingless check --explain E0111
*/
