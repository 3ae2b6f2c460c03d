#include "report.h"

SEC("xdp") int prog(struct xdp_md *ctx)
{
    __u8 *data = DATA(ctx), *data_end = DATA_END(ctx);
    if (data + 20 > data_end)
        return 1;
    __u32 ihl = (data[14] & 15) * 4;
    __u8 *l4 = data + 14 + ihl;
    return *l4 == 6 ? 1 : 2;
}

/* report
class bounds
error[stingless::E0031]: 1 bytes at a variable offset are accessed through `data`, without a check against the end
  --> ./packet_variable_offset.bpf.c:10:12
   |
 5 |     __u8 *data = DATA(ctx), *data_end = DATA_END(ctx);
   |                  --------- `data` is loaded from the context
...
 8 |     __u32 ihl = (data[14] & 15) * 4;
   |                  -------- `ihl` is loaded here
...
10 |     return *l4 == 6 ? 1 : 2;
   |            ^^^
   |
   = cause: the offset is 14..=74, 20 bytes are known to be there
   = path: line 6: `if (data + 20 > data_end)` goes on at line 8
   = help: check the end before the access: `if ((void *)(l4 + 1) > (void *)data_end) return 0;`
   = note: program `prog`; more about this: stingless check --explain E0031
*/
