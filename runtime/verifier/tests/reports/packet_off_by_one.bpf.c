#include "report.h"

SEC("xdp") int prog(struct xdp_md *ctx)
{
    __u8 *data = DATA(ctx), *data_end = DATA_END(ctx);
    if (data + 13 > data_end)
        return 1;
    return data[13] == 0 ? 1 : 2;
}
/* report
class bounds
error[stingless::E0031]: bytes up to 14 are accessed through `data`, but only 13 are known to be there
 --> ./packet_off_by_one.bpf.c:8:12
  |
5 |     __u8 *data = DATA(ctx), *data_end = DATA_END(ctx);
  |                  --------- `data` is loaded from the context
6 |     if (data + 13 > data_end)
  |         ---- `data` is last checked here
...
8 |     return data[13] == 0 ? 1 : 2;
  |            ^^^^^^^^
  |
  = cause: the offset is 13, 13 bytes are known to be there
  = path: line 6: `if (data + 13 > data_end)` goes on at line 8
  = help: check the end before the access: `if ((void *)(data + 14) > (void *)data_end) return 0;`
  = note: program `prog`; more about this: stingless check --explain E0031
*/
