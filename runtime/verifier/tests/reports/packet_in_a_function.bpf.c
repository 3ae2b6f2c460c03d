#include "report.h"

static __noinline int first_byte(__u8 *data, __u8 *data_end, __u32 off)
{
    if (data + off > data_end)
        return 0;
    return data[off] & 1;
}

SEC("xdp") int prog(struct xdp_md *ctx)
{
    __u8 *data = DATA(ctx), *data_end = DATA_END(ctx);
    __u32 off = ctx->rx_queue_index & 63;
    return first_byte(data, data_end, off);
}

/* report
class bounds
error[stingless::E0031]: 1 bytes at a variable offset are accessed through `data`, without a check against the end
  --> ./packet_in_a_function.bpf.c:7:12
   |
 7 |     return data[off] & 1;
   |            ^^^^^^^^^
...
12 |     __u8 *data = DATA(ctx), *data_end = DATA_END(ctx);
   |                  --------- `data` is loaded from the context
13 |     __u32 off = ctx->rx_queue_index & 63;
   |                 ------------------- `off` is loaded here
   |
   = cause: the offset is 0..=63, 0 bytes are known to be there
   = path: line 5: `if (data + off > data_end)` goes on at line 7
   = help: check the end before the access: `if ((void *)(data + off + 1) > (void *)data_end) return 0;`
   = note: program `prog`; more about this: stingless check --explain E0031
*/
