#include "report.h"

struct event { __u64 head, body; };

SEC("xdp") int prog(struct xdp_md *ctx)
{
    struct event *e = bpf_ringbuf_reserve(&events, sizeof(*e), 0);
    if (!e)
        return 1;
    bpf_ringbuf_submit(&e->body, 0);
    return 2;
}
/* report
class reference
error[stingless::E0062]: argument 1 does not point to the start of its record
  --> ./ringbuf_submit_member.bpf.c:10:5
   |
 7 |     struct event *e = bpf_ringbuf_reserve(&events, sizeof(*e), 0);
   |                       ------------------------------------------- `e` comes from `bpf_ringbuf_reserve`
...
10 |     bpf_ringbuf_submit(&e->body, 0);
   |     ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
   |
   = helper: long bpf_ringbuf_submit(void *data, u64 flags)
   = path: line 8: `if (!e)` goes on at line 10
   = note: program `prog`; more about this: stingless check --explain E0062
*/
