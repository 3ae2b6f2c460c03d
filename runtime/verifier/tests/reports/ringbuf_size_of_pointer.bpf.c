#include "report.h"

struct event { __u64 head, body; };

SEC("xdp") int prog(struct xdp_md *ctx)
{
    struct event *e = bpf_ringbuf_reserve(&events, sizeof(e), 0);
    if (!e)
        return 1;
    e->head = 1;
    e->body = 2;
    bpf_ringbuf_submit(e, 0);
    return 2;
}
/* report
class bounds
error[stingless::E0032]: the memory has 8 bytes, the access may end at 16
  --> ./ringbuf_size_of_pointer.bpf.c:11:5
   |
 7 |     struct event *e = bpf_ringbuf_reserve(&events, sizeof(e), 0);
   |                       ------------------------------------------ `e` comes from `bpf_ringbuf_reserve`
...
11 |     e->body = 2;
   |     ^^^^^^^^^^^
   |
   = cause: the offset is 8
   = path: line 8: `if (!e)` goes on at line 11
   = note: program `prog`; more about this: stingless check --explain E0032
*/
