#include "report.h"

SEC("xdp") int prog(struct xdp_md *ctx)
{
    __u8 *data = DATA(ctx), *data_end = DATA_END(ctx);
    if (data + 14 > data_end)
        return 1;
    if (bpf_xdp_adjust_head(ctx, 4))
        return 1;
    return data[12] == 8 ? 1 : 2;
}

/* report
class packet-stale
error[stingless::E0090]: `data` points into data that a helper may have moved: load the pointer again
  --> ./packet_stale.bpf.c:10:12
   |
 5 |     __u8 *data = DATA(ctx), *data_end = DATA_END(ctx);
   |                  --------- `data` is loaded from the context
...
 8 |     if (bpf_xdp_adjust_head(ctx, 4))
   |         --------------------------- `bpf_xdp_adjust_head` may move the data: pointers taken before are stale
...
10 |     return data[12] == 8 ? 1 : 2;
   |            ^^^^^^^^
   |
   = path: line 6: `if (data + 14 > data_end)` goes on at line 8
           line 8: `if (bpf_xdp_adjust_head(ctx, 4))` goes on at line 10
   = help: load the pointers from the context again after that call, and check them again
   = note: program `prog`; more about this: stingless check --explain E0090
*/
