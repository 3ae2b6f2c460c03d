#include "report.h"

SEC("xdp") int prog(struct xdp_md *ctx)
{
    volatile __u8 buf[16] = {};
    __u32 i = ctx->rx_queue_index;
    buf[i & 31] = 1;
    return buf[0] & 1;
}

/* report
class bounds
error[stingless::E0033]: the stack has 512 bytes below r10, the access through `buf` may touch bytes -16..16
 --> ./stack_index.bpf.c:7:5
  |
6 |     __u32 i = ctx->rx_queue_index;
  |               ------------------- `i` is loaded here
7 |     buf[i & 31] = 1;
  |     ^^^^^^^^^^^^^^^
  |
  = cause: the offset is -16..=15
  = help: check it before its use: `if ((i & 31) >= sizeof(buf)) return 0;`
  = note: program `prog`; more about this: stingless check --explain E0033
*/
