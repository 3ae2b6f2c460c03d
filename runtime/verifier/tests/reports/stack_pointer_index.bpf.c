#include "report.h"

SEC("xdp") int prog(struct xdp_md *ctx)
{
    char name[16] = "stingless";
    __u32 i = ctx->rx_queue_index;
    return ((volatile char *)name)[i] & 1;
}
/* report
class bounds
error[stingless::E0033]: the stack has 512 bytes below r10, the access through `i` may touch bytes -16..4294967280
 --> ./stack_pointer_index.bpf.c:7:12
  |
6 |     __u32 i = ctx->rx_queue_index;
  |               ------------------- `i` is loaded here
7 |     return ((volatile char *)name)[i] & 1;
  |            ^^^^^^^^^^^^^^^^^^^^^^^^^^
  |
  = cause: the offset is -16..=4294967279
  = help: check it before its use: `if (i > 15) return 0;`
  = note: program `prog`; more about this: stingless check --explain E0033
*/
