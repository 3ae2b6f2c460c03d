#include "report.h"

static const char fmt[] = "hello";

SEC("xdp") int prog(struct xdp_md *ctx)
{
    bpf_trace_printk(fmt, sizeof(fmt));
    return 2;
}
/* report
class env
error[stingless::E0142]: helper `bpf_trace_printk` is for programs with a GPL-compatible licence
 --> ./gpl_only.bpf.c:7:5
  |
7 |     bpf_trace_printk(fmt, sizeof(fmt));
  |     ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
  |
  = note: program `prog`; more about this: stingless check --explain E0142
*/
