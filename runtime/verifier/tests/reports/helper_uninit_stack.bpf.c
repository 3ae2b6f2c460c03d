#include "report.h"

SEC("xdp") int prog(struct xdp_md *ctx)
{
    struct { __u32 a; __u64 b; } event;
    event.a = 1;
    event.b = 2;
    bpf_ringbuf_output(&events, &event, sizeof(event), 0);
    return 2;
}

/* report
class uninit
error[stingless::E0011]: byte 4 of what `&event` points to is read but was never written on this path
 --> ./helper_uninit_stack.bpf.c:8:5
  |
6 |     event.a = 1;
  |     ----------- this is written, byte 4 of it is not
...
8 |     bpf_ringbuf_output(&events, &event, sizeof(event), 0);
  |     ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
  |
  = helper: long bpf_ringbuf_output(void *ringbuf, void *data, u64 size, u64 flags)
  = help: clear it before it is filled in, padding included: `__builtin_memset(&event, 0, sizeof(event));`
  = note: program `prog`; more about this: stingless check --explain E0011
*/
