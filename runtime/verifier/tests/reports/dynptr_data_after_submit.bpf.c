#include "report.h"

SEC("xdp") int prog(struct xdp_md *ctx)
{
    struct bpf_dynptr p;
    bpf_ringbuf_reserve_dynptr(&events, 16, 0, &p);
    __u64 *d = bpf_dynptr_data(&p, 0, 16);
    if (d)
        d[0] = 1;
    bpf_ringbuf_submit_dynptr(&p, 0);
    if (d)
        d[1] = 2;
    return 2;
}

/* report
class reference
error[stingless::E0061]: `d` is used after `bpf_ringbuf_submit_dynptr` ended what it points into
  --> ./dynptr_data_after_submit.bpf.c:12:9
   |
 7 |     __u64 *d = bpf_dynptr_data(&p, 0, 16);
   |                -------------------------- `d` comes from `bpf_dynptr_data`
...
10 |     bpf_ringbuf_submit_dynptr(&p, 0);
   |     -------------------------------- `bpf_ringbuf_submit_dynptr` ends the object that it points into
...
12 |         d[1] = 2;
   |         ^^^^^^^^
   |
   = path: line 8: `if (d)` goes on at line 9
   = note: program `prog`; more about this: stingless check --explain E0061
*/
