#include "report.h"

SEC("xdp") int prog(struct xdp_md *ctx)
{
    __u64 *e = bpf_ringbuf_reserve(&events, 8, 0);
    if (!e)
        return 1;
    e = bpf_ringbuf_reserve(&events, 16, 0);
    if (!e)
        return 1;
    bpf_ringbuf_submit(e, 0);
    return 2;
}
/* report
class reference
error[stingless::E0060]: `e`, acquired by `bpf_ringbuf_reserve`, is not given back on this path
  --> ./ringbuf_overwritten.bpf.c:13:1
   |
 5 |     __u64 *e = bpf_ringbuf_reserve(&events, 8, 0);
   |                ---------------------------------- `e` is acquired here by `bpf_ringbuf_reserve`
...
13 | }
   | ^
   |
   = path: line 6: `if (!e)` goes on at line 8
           line 9: `if (!e)` goes on at line 11
   = help: give it back before `e` gets another value in line 8
   = note: program `prog`; more about this: stingless check --explain E0060
*/
