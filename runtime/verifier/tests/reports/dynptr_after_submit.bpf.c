#include "report.h"

SEC("xdp") int prog(struct xdp_md *ctx)
{
    struct bpf_dynptr p;
    __u32 x = 0;
    bpf_ringbuf_reserve_dynptr(&events, 16, 0, &p);
    bpf_ringbuf_submit_dynptr(&p, 0);
    bpf_dynptr_read(&x, sizeof(x), &p, 0, 0);
    return x & 1;
}

/* report
class iterator-dynptr
error[stingless::E0130]: argument 3 is a dynptr that was not initialised on this path, or was destroyed
 --> ./dynptr_after_submit.bpf.c:9:5
  |
8 |     bpf_ringbuf_submit_dynptr(&p, 0);
  |     -------------------------------- `bpf_ringbuf_submit_dynptr` destroys it here
9 |     bpf_dynptr_read(&x, sizeof(x), &p, 0, 0);
  |     ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
  |
  = helper: long bpf_dynptr_read(void *data, u64 size, struct bpf_dynptr *ptr, u64 flags, u64 flags)
  = note: program `prog`; more about this: stingless check --explain E0130
*/
