#include "report.h"

SEC("xdp") int prog(struct xdp_md *ctx)
{
    void *data = DATA(ctx), *data_end = DATA_END(ctx);
    if (bpf_xdp_adjust_head(ctx, -8))
        return 1;
    data = DATA(ctx);
    if (data + 8 > data_end)
        return 1;
    *(__u64 *)data = 0;
    return 2;
}
/* report
class packet-stale
error[stingless::E0090]: a pointer into data that a helper may have moved is compared
 --> ./stale_end.bpf.c:9:9
  |
5 |     void *data = DATA(ctx), *data_end = DATA_END(ctx);
  |                                         ------------- `data_end` is loaded from the context
6 |     if (bpf_xdp_adjust_head(ctx, -8))
  |         ---------------------------- `bpf_xdp_adjust_head` may move the data: pointers taken before are stale
...
9 |     if (data + 8 > data_end)
  |         ^^^^
  |
  = path: line 6: `if (bpf_xdp_adjust_head(ctx, -8))` goes on at line 8
  = help: load the pointers from the context again after that call, and check them again
  = note: program `prog`; more about this: stingless check --explain E0090
*/
