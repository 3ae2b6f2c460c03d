#include "report.h"

SEC("xdp") int prog(struct xdp_md *ctx)
{
    __u64 *e = bpf_ringbuf_reserve(&events, 8, 0);
    *e = bpf_ktime_get_ns();
    bpf_ringbuf_submit(e, 0);
    return 2;
}

/* report
class null
error[stingless::E0020]: `e` is a pointer to a record that may be NULL
 --> ./ringbuf_null.bpf.c:6:5
  |
5 |     __u64 *e = bpf_ringbuf_reserve(&events, 8, 0);
  |                ---------------------------------- `e` comes from `bpf_ringbuf_reserve`: NULL if there is no room
6 |     *e = bpf_ktime_get_ns();
  |     ^^^^^^^^^^^^^^^^^^^^^^^
  |
  = help: check it before its use: `if (!e) return 0;`
  = note: program `prog`; more about this: stingless check --explain E0020
*/
