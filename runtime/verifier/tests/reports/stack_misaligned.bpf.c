#include "report.h"

SEC("xdp") int prog(struct xdp_md *ctx)
{
    __u64 buf[2] = {};
    *(volatile __u64 *)((char *)buf + 1) = ctx->rx_queue_index;
    return bpf_ringbuf_output(&events, buf, 16, 0) ? 1 : 2;
}
/* report
class stack
error[stingless::E0106]: a stack access of 8 bytes at offset -15 is not aligned
 --> ./stack_misaligned.bpf.c:6:5
  |
6 |     *(volatile __u64 *)((char *)buf + 1) = ctx->rx_queue_index;
  |     ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
  |
  = note: program `prog`; more about this: stingless check --explain E0106
*/
