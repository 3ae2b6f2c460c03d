#include "report.h"

SEC("xdp") int prog(struct xdp_md *ctx)
{
    __u64 now = bpf_ktime_get_ns();
    bpf_ringbuf_output(&table, &now, sizeof(now), 0);
    return 2;
}
/* report
class helper-arg
error[stingless::E0073]: map `table` is of kind hash, which this helper does not take
 --> ./map_kind.bpf.c:6:5
  |
6 |     bpf_ringbuf_output(&table, &now, sizeof(now), 0);
  |     ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
  |
  = helper: long bpf_ringbuf_output(void *ringbuf, void *data, u64 size, u64 flags)
  = note: program `prog`; more about this: stingless check --explain E0073
*/
