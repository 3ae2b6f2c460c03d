#include "report.h"

SEC("xdp") int prog(struct xdp_md *ctx)
{
    __u64 *e = bpf_ringbuf_reserve(&events, 8, 0);
    if (!e)
        return 1;
    e[1] = 2;
    bpf_ringbuf_submit(e, 0);
    return 2;
}

/* report
class bounds
error[stingless::E0032]: the memory has 8 bytes, the access may end at 16
 --> ./ringbuf_record_too_small.bpf.c:8:5
  |
5 |     __u64 *e = bpf_ringbuf_reserve(&events, 8, 0);
  |                ---------------------------------- `e` comes from `bpf_ringbuf_reserve`
...
8 |     e[1] = 2;
  |     ^^^^^^^^
  |
  = cause: the offset is 8
  = path: line 6: `if (!e)` goes on at line 8
  = note: program `prog`; more about this: stingless check --explain E0032
*/
