#include "report.h"

SEC("xdp") int prog(struct xdp_md *ctx)
{
    char buf[16];
    for (int i = 0; i < 8; i++)
        ((volatile char *)buf)[i] = i;
    bpf_ringbuf_output(&events, buf, sizeof(buf), 0);
    return 2;
}
/* report
class uninit
error[stingless::E0011]: byte 8 of what `buf` points to is read but was never written on this path
 --> ./buffer_half_filled.bpf.c:8:5
  |
7 |         ((volatile char *)buf)[i] = i;
  |         ----------------------------- this is written, byte 8 of it is not
8 |     bpf_ringbuf_output(&events, buf, sizeof(buf), 0);
  |     ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
  |
  = helper: long bpf_ringbuf_output(void *ringbuf, void *data, u64 size, u64 flags)
  = help: initialise the variable where it is declared: `= {}`
  = note: program `prog`; more about this: stingless check --explain E0011
*/
