#include "report.h"

SEC("xdp") int prog(struct xdp_md *ctx)
{
    char buf[16] = "12";
    long n = 0;
    __u32 len = ctx->rx_queue_index;
    bpf_strtol(buf, len, 10, &n);
    return n & 1;
}

/* report
class bounds
error[stingless::E0036]: the length in `len` has no bound
 --> ./helper_length.bpf.c:8:5
  |
7 |     __u32 len = ctx->rx_queue_index;
  |                 ------------------- `len` is loaded here
8 |     bpf_strtol(buf, len, 10, &n);
  |     ^^^^^^^^^^^^^^^^^^^^^^^^^^^^
  |
  = cause: `len` is 0..=4294967295
  = helper: long bpf_strtol(void *buf, u64 buf_len, u64 flags, void *res)
  = help: check it before the call: `if (len < 1 || len > sizeof(buf)) return 0;`
  = note: program `prog`; more about this: stingless check --explain E0036
*/
