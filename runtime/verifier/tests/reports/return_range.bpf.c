#include "report.h"

SEC("xdp") int prog(struct xdp_md *ctx)
{
    return ctx->rx_queue_index;
}

/* report
class type
error[stingless::E0043]: the program returns 0..=4294967295, allowed is 0..=4
 --> ./return_range.bpf.c:5:5
  |
5 |     return ctx->rx_queue_index;
  |     ^^^^^^ ------------------- `ctx->rx_queue_index` is loaded here
  |
  = cause: the low 32 bits are -2147483648..=2147483647
  = help: return a value in 0..=4
  = note: program `prog`; more about this: stingless check --explain E0043
*/
