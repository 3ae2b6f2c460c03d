#include "report.h"

SEC("xdp") int prog(struct xdp_md *ctx)
{
    struct bpf_dynptr p;
    bpf_ringbuf_reserve_dynptr(&events, 16, 0, &p);
    *(volatile __u64 *)&p = 0;
    bpf_ringbuf_submit_dynptr(&p, 0);
    return 2;
}

/* report
class iterator-dynptr
error[stingless::E0130]: the stack bytes at offset -16 hold a dynptr and may not be overwritten except by its helpers
 --> ./dynptr_overwritten.bpf.c:7:5
  |
6 |     bpf_ringbuf_reserve_dynptr(&events, 16, 0, &p);
  |     ---------------------------------------------- it is made here by `bpf_ringbuf_reserve_dynptr`
7 |     *(volatile __u64 *)&p = 0;
  |     ^^^^^^^^^^^^^^^^^^^^^^^^^
  |
  = note: program `prog`; more about this: stingless check --explain E0130
*/
