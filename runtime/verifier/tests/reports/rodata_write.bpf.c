#include "report.h"

const volatile __u32 limit = 7;

SEC("xdp") int prog(struct xdp_md *ctx)
{
    *(volatile __u32 *)&limit = ctx->rx_queue_index;
    return 2;
}
/* report
class type
error[stingless::E0044]: `limit` points to a value of map `.rodata`, which programs may only read
 --> ./rodata_write.bpf.c:7:5
  |
7 |     *(volatile __u32 *)&limit = ctx->rx_queue_index;
  |     ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
  |     |
  |     `limit` is in `.rodata`
  |
  = note: program `prog`; more about this: stingless check --explain E0044
*/
