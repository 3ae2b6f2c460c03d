#include "report.h"

SEC("xdp") int prog(struct xdp_md *ctx)
{
    __u8 *data = DATA(ctx), *data_end = DATA_END(ctx);
    if (data + 12 > data_end)
        return 1;
    return data[12] == 8 ? 1 : 2;
}

/* report
class bounds
error[stingless::E0031]: bytes up to 13 are accessed through `data`, but only 12 are known to be there
 --> ./packet_checked_too_little.bpf.c:8:12
  |
5 |     __u8 *data = DATA(ctx), *data_end = DATA_END(ctx);
  |                  --------- `data` is loaded from the context
6 |     if (data + 12 > data_end)
  |         ---- `data` is last checked here
...
8 |     return data[12] == 8 ? 1 : 2;
  |            ^^^^^^^^
  |
  = cause: the offset is 12, 12 bytes are known to be there
  = path: line 6: `if (data + 12 > data_end)` goes on at line 8
  = help: check the end before the access: `if ((void *)(data + 13) > (void *)data_end) return 0;`
  = note: program `prog`; more about this: stingless check --explain E0031
*/
