#include "report.h"

SEC("xdp") int prog(struct xdp_md *ctx)
{
    __u8 *p = DATA(ctx), *end = DATA_END(ctx);
    __u32 sum = 0;
    while (p + 1 <= end) {
        sum += *p;
        p++;
    }
    return sum & 1;
}
/* report
class loop-or-budget
error[stingless::E0111]: the program is too complex: more than 200000 steps of work
 --> ./endless_packet_walk.bpf.c:8:16
  |
8 |         sum += *p;
  |                ^^
  |
  = help: give the loop a bound that the verifier sees: `for (int i = 0; i < 64; i++)`, or use `bpf_loop`, whose body is verified once
  = note: program `prog`; more about this: stingless check --explain E0111
*/
