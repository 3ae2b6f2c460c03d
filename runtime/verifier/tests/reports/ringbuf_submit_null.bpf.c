#include "report.h"

SEC("xdp") int prog(struct xdp_md *ctx)
{
    __u64 *e = bpf_ringbuf_reserve(&events, 8, 0);
    if (e)
        *e = 1;
    bpf_ringbuf_submit(e, 0);
    return 2;
}
/* report
class null
error[stingless::E0021]: argument 1 (`e`) is NULL on this path
 --> ./ringbuf_submit_null.bpf.c:8:5
  |
5 |     __u64 *e = bpf_ringbuf_reserve(&events, 8, 0);
  |                ---------------------------------- `e` comes from `bpf_ringbuf_reserve`
...
8 |     bpf_ringbuf_submit(e, 0);
  |     ^^^^^^^^^^^^^^^^^^^^^^^^
  |
  = helper: long bpf_ringbuf_submit(void *data, u64 flags)
  = path: line 6: `if (e)` goes on at line 8
  = note: program `prog`; more about this: stingless check --explain E0021
*/
