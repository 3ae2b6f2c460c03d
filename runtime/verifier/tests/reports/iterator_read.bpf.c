#include "report.h"

SEC("xdp") int prog(struct xdp_md *ctx)
{
    struct bpf_iter_num it;
    bpf_iter_num_new(&it, 0, 10);
    int first = *(volatile int *)&it;
    bpf_iter_num_destroy(&it);
    return first & 1;
}

/* report
class iterator-dynptr
error[stingless::E0131]: the stack bytes at offset -8 hold an iterator and may not be read except by its helpers
 --> ./iterator_read.bpf.c:7:17
  |
6 |     bpf_iter_num_new(&it, 0, 10);
  |     ---------------------------- it is made here by `bpf_iter_num_new`
7 |     int first = *(volatile int *)&it;
  |                 ^^^^^^^^^^^^^^^^^
  |
  = note: program `prog`; more about this: stingless check --explain E0131
*/
