#include "report.h"

static __noinline int fill(volatile char *out, int n)
{
    volatile char buf[300];
    for (int i = 0; i < 300; i++)
        buf[i] = n;
    out[0] = buf[n & 255];
    return buf[n & 127] & 1;
}

SEC("xdp") int prog(struct xdp_md *ctx)
{
    volatile char buf[300];
    for (int i = 0; i < 300; i++)
        buf[i] = 1;
    return fill(buf, ctx->rx_queue_index);
}

/* report
class stack
error[stingless::E0100]: the call chain takes 608 bytes of stack, the limit is 512
  --> ./stack_too_deep.bpf.c:17:12
   |
 3 | static __noinline int fill(volatile char *out, int n)
   | ----------------------------------------------------- `fill` has 304 bytes of its own
...
12 | SEC("xdp") int prog(struct xdp_md *ctx)
   | --------------------------------------- `prog` has 304 bytes of its own
...
17 |     return fill(buf, ctx->rx_queue_index);
   |            ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
   |
   = help: put large variables into a map of one element, or share one buffer
   = note: program `prog`; more about this: stingless check --explain E0100
*/
