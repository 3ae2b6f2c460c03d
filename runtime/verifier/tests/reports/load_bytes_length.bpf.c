#include "report.h"

SEC("xdp") int prog(struct xdp_md *ctx)
{
    __u8 buf[64];
    __u32 len = ctx->data_end - ctx->data;
    if (len > 128)
        len = 128;
    bpf_xdp_load_bytes(ctx, 0, buf, len);
    return 2;
}
/* report
class bounds
error[stingless::E0033]: `buf` has 64 bytes to the end of the stack frame, 128 are needed
 --> ./load_bytes_length.bpf.c:9:5
  |
7 |     if (len > 128)
  |         --- this is set to 128 here
...
9 |     bpf_xdp_load_bytes(ctx, 0, buf, len);
  |     ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
  |
  = cause: the offset is -64
  = helper: long bpf_xdp_load_bytes(struct xdp_buff *xdp_md, u32 offset, void *buf, u32 len)
  = path: line 7: `if (len > 128)` goes on at line 9
  = help: there are 64 bytes from there on: pass that many at most
  = note: program `prog`; more about this: stingless check --explain E0033
*/
