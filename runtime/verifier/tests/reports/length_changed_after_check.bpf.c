#include "report.h"

SEC("xdp") int prog(struct xdp_md *ctx)
{
    char buf[16] = {};
    __u32 len = ctx->rx_queue_index;
    if (len > sizeof(buf))
        return 1;
    len += 4;
    bpf_ringbuf_output(&events, buf, len, 0);
    return 2;
}
/* report
class bounds
error[stingless::E0033]: `buf` has 16 bytes to the end of the stack frame, 20 are needed
  --> ./length_changed_after_check.bpf.c:10:5
   |
 6 |     __u32 len = ctx->rx_queue_index;
   |                 ------------------- `len` is loaded here
 7 |     if (len > sizeof(buf))
   |         --- `len` is last checked here
...
10 |     bpf_ringbuf_output(&events, buf, len, 0);
   |     ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
   |
   = cause: the offset is -16
   = helper: long bpf_ringbuf_output(void *ringbuf, void *data, u64 size, u64 flags)
   = path: line 7: `if (len > sizeof(buf))` goes on at line 9
   = help: check it before the call: `if (len < 0 || len > 16) return 0;`
   = note: program `prog`; more about this: stingless check --explain E0033
*/
