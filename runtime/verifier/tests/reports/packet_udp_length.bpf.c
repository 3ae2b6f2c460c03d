#include "report.h"

SEC("xdp") int prog(struct xdp_md *ctx)
{
    __u8 *data = DATA(ctx), *data_end = DATA_END(ctx);
    if (data + 42 > data_end)
        return 1;
    __u16 len = *(__u16 *)(data + 38);
    return data[42 + len] == 0 ? 1 : 2;
}
/* report
class bounds
error[stingless::E0031]: 1 bytes at a variable offset are accessed through `data`, without a check against the end
 --> ./packet_udp_length.bpf.c:9:12
  |
5 |     __u8 *data = DATA(ctx), *data_end = DATA_END(ctx);
  |                  --------- `data` is loaded from the context
...
8 |     __u16 len = *(__u16 *)(data + 38);
  |                 --------------------- `len` is loaded here
9 |     return data[42 + len] == 0 ? 1 : 2;
  |            ^^^^^^^^^^^^^^
  |
  = cause: the offset is 42..=65577, 42 bytes are known to be there
  = path: line 6: `if (data + 42 > data_end)` goes on at line 8
  = help: check the end before the access: `if ((void *)(data + 42 + len + 1) > (void *)data_end) return 0;`
  = note: program `prog`; more about this: stingless check --explain E0031
*/
