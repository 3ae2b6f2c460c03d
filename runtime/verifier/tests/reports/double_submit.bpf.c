#include "report.h"

SEC("xdp") int prog(struct xdp_md *ctx)
{
    __u64 *e = bpf_ringbuf_reserve(&events, 16, 0);
    if (!e)
        return 1;
    e[0] = 1;
    bpf_ringbuf_submit(e, 0);
    if (ctx->rx_queue_index == 3)
        bpf_ringbuf_discard(e, 0);
    return 2;
}

/* report
class reference
error[stingless::E0061]: `e` is used after `bpf_ringbuf_submit` took it back
  --> ./double_submit.bpf.c:11:9
   |
 5 |     __u64 *e = bpf_ringbuf_reserve(&events, 16, 0);
   |                ----------------------------------- `e` comes from `bpf_ringbuf_reserve`
...
 9 |     bpf_ringbuf_submit(e, 0);
   |     ------------------------ `bpf_ringbuf_submit` gives it back here: no copy of it may be used afterwards
...
11 |         bpf_ringbuf_discard(e, 0);
   |         ^^^^^^^^^^^^^^^^^^^^^^^^^
   |
   = path: line 6: `if (!e)` goes on at line 8
           line 10: `if (ctx->rx_queue_index == 3)` goes on at line 11
   = note: program `prog`; more about this: stingless check --explain E0061
*/
