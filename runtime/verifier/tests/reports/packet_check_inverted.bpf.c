#include "report.h"

SEC("xdp") int prog(struct xdp_md *ctx)
{
    void *data = DATA(ctx), *data_end = DATA_END(ctx);
    struct ethhdr *eth = data;
    if (data + sizeof(*eth) < data_end)
        return 2;
    return eth->h_proto == 8 ? 1 : 2;
}
/* report
class bounds
error[stingless::E0031]: bytes up to 14 are accessed through `data`, but only 0 are known to be there
 --> ./packet_check_inverted.bpf.c:9:12
  |
5 |     void *data = DATA(ctx), *data_end = DATA_END(ctx);
  |                  --------- `data` is loaded from the context
...
7 |     if (data + sizeof(*eth) < data_end)
  |         ---- `data` is last checked here
...
9 |     return eth->h_proto == 8 ? 1 : 2;
  |            ^^^^^^^^^^^^
  |
  = cause: the offset is 12, 0 bytes are known to be there
  = path: line 7: `if (data + sizeof(*eth) < data_end)` goes on at line 9
  = help: check the end before the access: `if ((void *)(eth + 1) > (void *)data_end) return 0;`
  = note: program `prog`; more about this: stingless check --explain E0031
*/
