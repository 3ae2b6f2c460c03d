#include "report.h"

SEC("xdp") int prog(struct xdp_md *ctx)
{
    char buf[16] = {};
    int len = ctx->rx_queue_index;
    if (len > (int)sizeof(buf))
        return 1;
    bpf_ringbuf_output(&events, buf, len, 0);
    return 2;
}
/* report
class bounds
error[stingless::E0036]: the length in `len` may be negative
 --> ./length_signed.bpf.c:9:5
  |
6 |     int len = ctx->rx_queue_index;
  |               ------------------- `len` is loaded here
7 |     if (len > (int)sizeof(buf))
  |         --- `len` is last checked here
...
9 |     bpf_ringbuf_output(&events, buf, len, 0);
  |     ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
  |
  = cause: `len` is -2147483648..=16
  = helper: long bpf_ringbuf_output(void *ringbuf, void *data, u64 size, u64 flags)
  = path: line 7: `if (len > (int)sizeof(buf))` goes on at line 9
  = help: check it before the call: `if (len < 0 || len > sizeof(buf)) return 0;`
  = note: program `prog`; more about this: stingless check --explain E0036
*/
