#include "report.h"

static __noinline int depth(volatile int n)
{
    if (n <= 0)
        return 0;
    return depth(n - 1) + n;
}

SEC("xdp") int prog(struct xdp_md *ctx)
{
    return depth(ctx->rx_queue_index & 7) & 1;
}
/* report
class encoding
error[stingless::E0002]: function `depth` calls itself
 --> ./recursion.bpf.c:7:12
  |
7 |     return depth(n - 1) + n;
  |            ^^^^^^^^^^^^
  |
  = help: write it as a loop with a bound
  = note: program `prog`; more about this: stingless check --explain E0002
*/
