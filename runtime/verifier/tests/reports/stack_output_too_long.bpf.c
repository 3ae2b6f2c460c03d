#include "report.h"

SEC("xdp") int prog(struct xdp_md *ctx)
{
    char name[16] = "stingless";
    bpf_ringbuf_output(&events, name, 32, 0);
    return 2;
}
/* report
class bounds
error[stingless::E0033]: `name` has 16 bytes to the end of the stack frame, 32 are needed
 --> ./stack_output_too_long.bpf.c:6:5
  |
6 |     bpf_ringbuf_output(&events, name, 32, 0);
  |     ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
  |
  = cause: the offset is -16
  = helper: long bpf_ringbuf_output(void *ringbuf, void *data, u64 size, u64 flags)
  = help: there are 16 bytes from there on: pass that many at most
  = note: program `prog`; more about this: stingless check --explain E0033
*/
