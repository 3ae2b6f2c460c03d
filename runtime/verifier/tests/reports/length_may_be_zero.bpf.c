#include "report.h"

SEC("xdp") int prog(struct xdp_md *ctx)
{
    char buf[16] = "12";
    long n = 0;
    bpf_strtol(buf, ctx->rx_queue_index & 15, 10, &n);
    return n & 1;
}
/* report
class bounds
error[stingless::E0036]: the length in `ctx->rx_queue_index & 15` may be 0
 --> ./length_may_be_zero.bpf.c:7:5
  |
7 |     bpf_strtol(buf, ctx->rx_queue_index & 15, 10, &n);
  |     ^^^^^^^^^^^^^^^^-------------------^^^^^^^^^^^^^^
  |                     |
  |                     `ctx->rx_queue_index` is loaded here
  |
  = cause: `ctx->rx_queue_index & 15` is 0..=15
  = helper: long bpf_strtol(void *buf, u64 buf_len, u64 flags, void *res)
  = help: check it before the call: `if ((ctx->rx_queue_index & 15) < 1 || (ctx->rx_queue_index & 15) > sizeof(buf)) return 0;`
  = note: program `prog`; more about this: stingless check --explain E0036
*/
