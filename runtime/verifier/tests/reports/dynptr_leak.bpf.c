#include "report.h"

SEC("xdp") int prog(struct xdp_md *ctx)
{
    struct bpf_dynptr p;
    if (bpf_ringbuf_reserve_dynptr(&events, 16, 0, &p))
        return 0;
    bpf_ringbuf_submit_dynptr(&p, 0);
    return 2;
}

/* report
class reference
error[stingless::E0060]: `p`, a dynptr made by `bpf_ringbuf_reserve_dynptr`, is not submitted or discarded on this path
  --> ./dynptr_leak.bpf.c:10:1
   |
 6 |     if (bpf_ringbuf_reserve_dynptr(&events, 16, 0, &p))
   |         ---------------------------------------------- it is made here by `bpf_ringbuf_reserve_dynptr`
...
10 | }
   | ^
   |
   = path: line 6: `if (bpf_ringbuf_reserve_dynptr(&events, 16, 0, &p))` goes on at line 10
   = help: destroy it before leaving, on the way out of line 6: `bpf_ringbuf_submit_dynptr(&p, 0);`
   = note: program `prog`; more about this: stingless check --explain E0060
*/
