#include "report.h"

SEC("xdp") int prog(struct xdp_md *ctx)
{
    struct bpf_iter_num it;
    bpf_iter_num_new(&it, 0, 10);
    int first = *bpf_iter_num_next(&it);
    bpf_iter_num_destroy(&it);
    return first & 1;
}

/* report
class null
error[stingless::E0020]: r0 is used as an address, but it is a number (NULL) and no pointer
 --> ./iterator_element_null.bpf.c:7:17
  |
7 |     int first = *bpf_iter_num_next(&it);
  |                 ^----------------------
  |                  |
  |                  this comes from `bpf_iter_num_next`: NULL if there is no element left
  |
  = help: check for NULL what the call returned, before its use
  = note: program `prog`; more about this: stingless check --explain E0020
*/
