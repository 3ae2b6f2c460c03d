#include "report.h"

SEC("xdp") int prog(struct xdp_md *ctx)
{
    __u8 buf[32] = {};
    __u32 len = DATA_END(ctx) - DATA(ctx);
    bpf_ringbuf_output(&events, buf, len, 0);
    return 2;
}
/* report
class bounds
error[stingless::E0036]: the length in `len` has no bound
 --> ./output_length_unchecked.bpf.c:7:5
  |
6 |     __u32 len = DATA_END(ctx) - DATA(ctx);
  |                 ------------- `len` is loaded from the context
7 |     bpf_ringbuf_output(&events, buf, len, 0);
  |     ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
  |
  = cause: `len` is 0..=4294967295
  = helper: long bpf_ringbuf_output(void *ringbuf, void *data, u64 size, u64 flags)
  = help: check it before the call: `if (len > sizeof(buf)) return 0;`
  = note: program `prog`; more about this: stingless check --explain E0036
*/
