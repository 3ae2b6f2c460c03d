#include "report.h"

SEC("xdp") int prog(struct xdp_md *ctx)
{
    struct bpf_iter_num it;
    int *v, sum = 0;
    if (ctx->rx_queue_index)
        bpf_iter_num_new(&it, 0, 10);
    while ((v = bpf_iter_num_next(&it)))
        sum += *v;
    bpf_iter_num_destroy(&it);
    return sum & 1;
}

/* report
class iterator-dynptr
error[stingless::E0131]: argument 1 is an iterator that was not initialised on this path, or was destroyed
 --> ./iterator_not_made.bpf.c:9:17
  |
7 |     if (ctx->rx_queue_index)
  |         ------------------- where this goes the other way, it is made
...
9 |     while ((v = bpf_iter_num_next(&it)))
  |                 ^^^^^^^^^^^^^^^^^^^^^^
  |
  = helper: long bpf_iter_num_next(void *it)
  = path: line 7: `if (ctx->rx_queue_index)` goes on at line 8
  = note: program `prog`; more about this: stingless check --explain E0131
*/
