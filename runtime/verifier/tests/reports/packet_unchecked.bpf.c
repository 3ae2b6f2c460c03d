#include "report.h"

SEC("xdp") int prog(struct xdp_md *ctx)
{
    __u8 *data = DATA(ctx);
    return data[12] == 8 ? 1 : 2;
}

/* report
class bounds
error[stingless::E0031]: bytes up to 13 are accessed through `data`, but only 0 are known to be there
 --> ./packet_unchecked.bpf.c:6:12
  |
5 |     __u8 *data = DATA(ctx);
  |                  --------- `data` is loaded from the context
6 |     return data[12] == 8 ? 1 : 2;
  |            ^^^^^^^^
  |
  = cause: the offset is 12, 0 bytes are known to be there
  = help: check the end before the access: `if ((void *)(data + 13) > (void *)(long)ctx->data_end) return 0;`
  = note: program `prog`; more about this: stingless check --explain E0031
*/
