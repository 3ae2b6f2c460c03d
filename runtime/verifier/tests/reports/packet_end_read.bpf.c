#include "report.h"

SEC("xdp") int prog(struct xdp_md *ctx)
{
    __u8 *data = DATA(ctx), *data_end = DATA_END(ctx);
    if (data + 1 > data_end)
        return 1;
    return *data_end == 0 ? 1 : 2;
}
/* report
class type
error[stingless::E0041]: `data_end` is the pointer to the end of the data, which may not be accessed
 --> ./packet_end_read.bpf.c:8:12
  |
5 |     __u8 *data = DATA(ctx), *data_end = DATA_END(ctx);
  |                                         ------------- `data_end` is loaded from the context
...
8 |     return *data_end == 0 ? 1 : 2;
  |            ^^^^^^^^^
  |
  = path: line 6: `if (data + 1 > data_end)` goes on at line 8
  = note: program `prog`; more about this: stingless check --explain E0041
*/
