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
 --> ./endless_packet_walk.bpf.c:7:5
  |
7 |     while (p + 1 <= end) {
  |     ^^^^^    ------------- each time round r1 is data + 4051 (4051 bytes checked), then data + 4052 (4052 bytes checked)
8 |         sum += *p;
  |         --------- each time round r0 is 0..=1032750, then 0..=1033005
  |
  = cause: the loop does not converge: r0 is 0..=1032750, then 0..=1033005, r1 is data + 4051 (4051 bytes checked), then data + 4052 (4052 bytes checked); examined most: line 7 (39 %), line 8 (39 %), line 11 (19 %)
  = help: give the loop a bound that the verifier sees: `for (int i = 0; i < 64; i++)`, or use `bpf_loop`, whose body is verified once
  = note: program `prog`; more about this: stingless check --explain E0111
*/
