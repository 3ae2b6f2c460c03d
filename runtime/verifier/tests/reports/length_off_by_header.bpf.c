#include "report.h"

struct event { __u32 len; char text[60]; };

SEC("xdp") int prog(struct xdp_md *ctx)
{
    struct event *e = bpf_ringbuf_reserve(&events, sizeof(*e), 0);
    if (!e)
        return 1;
    e->len = ctx->rx_queue_index;
    bpf_xdp_load_bytes(ctx, 0, e->text, sizeof(*e));
    bpf_ringbuf_submit(e, 0);
    return 2;
}
/* report
class bounds
error[stingless::E0032]: the memory has 64 bytes, the access may end at 68
  --> ./length_off_by_header.bpf.c:11:5
   |
 7 |     struct event *e = bpf_ringbuf_reserve(&events, sizeof(*e), 0);
   |                       ------------------------------------------- `e` comes from `bpf_ringbuf_reserve`
...
11 |     bpf_xdp_load_bytes(ctx, 0, e->text, sizeof(*e));
   |     ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
   |
   = cause: the offset is 4
   = helper: long bpf_xdp_load_bytes(struct xdp_buff *xdp_md, u32 offset, void *buf, u32 len)
   = path: line 8: `if (!e)` goes on at line 10
   = help: there are 60 bytes from there on: pass that many at most
   = note: program `prog`; more about this: stingless check --explain E0032
*/
