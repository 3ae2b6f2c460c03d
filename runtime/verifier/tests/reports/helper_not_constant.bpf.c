#include "report.h"

SEC("xdp") int prog(struct xdp_md *ctx)
{
    void *e = bpf_ringbuf_reserve(&events, ctx->rx_queue_index, 0);
    if (e)
        bpf_ringbuf_discard(e, 0);
    return 2;
}

/* report
class helper-arg
error[stingless::E0071]: argument 2 must be a constant below 1073741824
 --> ./helper_not_constant.bpf.c:5:15
  |
5 |     void *e = bpf_ringbuf_reserve(&events, ctx->rx_queue_index, 0);
  |               ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^-------------------^^^^
  |                                            |
  |                                            `ctx->rx_queue_index` is loaded here
  |
  = cause: it is 0..=4294967295
  = helper: long bpf_ringbuf_reserve(void *ringbuf, u64 size, u64 flags)
  = note: program `prog`; more about this: stingless check --explain E0071
*/
