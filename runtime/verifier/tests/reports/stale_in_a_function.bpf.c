#include "report.h"

static __noinline int grow(struct xdp_md *ctx)
{
    return bpf_xdp_adjust_head(ctx, -8);
}

SEC("xdp") int prog(struct xdp_md *ctx)
{
    struct ethhdr *eth = DATA(ctx);
    void *end = DATA_END(ctx);
    if ((void *)(eth + 1) > end)
        return 1;
    if (grow(ctx))
        return 1;
    eth->h_proto = 8;
    return 2;
}
/* report
class packet-stale
error[stingless::E0090]: `eth` points into data that a helper may have moved: load the pointer again
  --> ./stale_in_a_function.bpf.c:16:5
   |
 5 |     return bpf_xdp_adjust_head(ctx, -8);
   |            ---------------------------- `bpf_xdp_adjust_head` may move the data: pointers taken before are stale
...
10 |     struct ethhdr *eth = DATA(ctx);
   |                          --------- `eth` is loaded from the context
...
16 |     eth->h_proto = 8;
   |     ^^^^^^^^^^^^^^^^
   |
   = path: line 12: `if ((void *)(eth + 1) > end)` goes on at line 14
           line 14: `if (grow(ctx))` goes on at line 16
   = help: load the pointers from the context again after that call, and check them again
   = note: program `prog`; more about this: stingless check --explain E0090
*/
