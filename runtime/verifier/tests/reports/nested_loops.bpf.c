#include "report.h"

SEC("xdp") int prog(struct xdp_md *ctx)
{
    __u32 sum = 0;
#pragma clang loop unroll(disable)
    for (int i = 0; i < 2000; i++) {
#pragma clang loop unroll(disable)
        for (int j = 0; j < 2000; j++) {
            if (bpf_get_prandom_u32() > 7)
                sum += j;
        }
    }
    return sum & 1;
}
/* report
class loop-or-budget
error[stingless::E0111]: the program is too complex: more than 200000 steps of work
 --> ./nested_loops.bpf.c:9:9
  |
9 |         for (int j = 0; j < 2000; j++) {
  |         ^^^                        ----- each time round `j` is 998, then 999
  |
  = cause: the loop does not converge: `j` is 998, then 999; examined most: line 10 (69 %), line 9 (29 %)
  = help: give the loop a bound that the verifier sees: `for (int i = 0; i < 64; i++)`, or use `bpf_loop`, whose body is verified once
  = note: program `prog`; more about this: stingless check --explain E0111
*/
