#include "report.h"

SEC("xdp") int prog(struct xdp_md *ctx)
{
    __u64 *e = bpf_ringbuf_reserve(&events, 16, 0);
    if (!e)
        return 1;
    e[0] = bpf_ktime_get_ns();
    if (ctx->rx_queue_index == 3)
        return 2;
    bpf_ringbuf_submit(e, 0);
    return 2;
}

/* report
class reference
error[stingless::E0060]: `e`, acquired by `bpf_ringbuf_reserve`, is not given back on this path
  --> ./ringbuf_leak.bpf.c:13:1
   |
 5 |     __u64 *e = bpf_ringbuf_reserve(&events, 16, 0);
   |                ----------------------------------- `e` is acquired here by `bpf_ringbuf_reserve`
...
13 | }
   | ^
   |
   = path: line 6: `if (!e)` goes on at line 8
           line 9: `if (ctx->rx_queue_index == 3)` goes on at line 13
   = help: give it back before leaving, on the way out of line 9: `bpf_ringbuf_discard(e, 0);`
   = note: program `prog`; more about this: stingless check --explain E0060
*/
