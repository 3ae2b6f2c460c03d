#include "report.h"

static long step(__u32 i, void *acc)
{
    return i;
}

SEC("xdp") int prog(struct xdp_md *ctx)
{
    __u64 acc = 0;
    bpf_loop(8, step, &acc, 0);
    return 2;
}
/* report
class type
error[stingless::E0045]: the callback returns 0..=4294967295, it must return 0 or 1
  --> ./callback_returns.bpf.c:5:5
   |
 5 |     return i;
   |     ^^^^^^ - `i` is given by `bpf_loop`
...
11 |     bpf_loop(8, step, &acc, 0);
   |     -------------------------- `bpf_loop` calls it from here
   |
   = note: program `prog`; more about this: stingless check --explain E0045
*/
