#include "report.h"

SEC("xdp") int prog(struct xdp_md *ctx)
{
    __u64 addr = ctx->rx_queue_index;
    return *(__u32 *)addr & 1;
}
/* report
class type
error[stingless::E0040]: `addr` is used as an address, but it is a number (0..=4294967295) and no pointer
 --> ./number_as_pointer.bpf.c:6:12
  |
5 |     __u64 addr = ctx->rx_queue_index;
  |                  ------------------- `addr` is loaded here
6 |     return *(__u32 *)addr & 1;
  |            ^^^^^^^^^^^^^^
  |
  = note: program `prog`; more about this: stingless check --explain E0040
*/
