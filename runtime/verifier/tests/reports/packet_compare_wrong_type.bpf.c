#include "report.h"

SEC("xdp") int prog(struct xdp_md *ctx)
{
    __u8 *data = DATA(ctx);
    __u64 len = ctx->data_end - ctx->data;
    if (len < 14)
        return 1;
    return data[12] == 8 ? 1 : 2;
}
/* report
class bounds
error[stingless::E0031]: bytes up to 13 are accessed through `data`, but only 0 are known to be there
 --> ./packet_compare_wrong_type.bpf.c:9:12
  |
5 |     __u8 *data = DATA(ctx);
  |                  --------- `data` is loaded from the context
...
9 |     return data[12] == 8 ? 1 : 2;
  |            ^^^^^^^^
  |
  = cause: the offset is 12, 0 bytes are known to be there
  = path: line 7: `if (len < 14)` goes on at line 9
  = help: check the end before the access: `if ((void *)(data + 13) > (void *)(long)ctx->data_end) return 0;`
  = note: program `prog`; more about this: stingless check --explain E0031
*/
