#include "report.h"

SEC("xdp") int prog(struct xdp_md *ctx)
{
    struct bpf_iter_num it;
    int *v, sum = 0;
    bpf_iter_num_new(&it, 0, 10);
    while ((v = bpf_iter_num_next(&it))) {
        if (*v == ctx->rx_queue_index)
            return 1;
        sum += *v;
    }
    bpf_iter_num_destroy(&it);
    return sum & 1;
}

/* report
class reference
error[stingless::E0060]: `it`, an iterator made by `bpf_iter_num_new`, is not destroyed on this path
  --> ./iterator_leak.bpf.c:15:1
   |
 7 |     bpf_iter_num_new(&it, 0, 10);
   |     ---------------------------- it is made here by `bpf_iter_num_new`
...
15 | }
   | ^
   |
   = path: line 8: `while ((v = bpf_iter_num_next(&it))) {` goes on at line 9
           line 9: `if (*v == ctx->rx_queue_index)` goes on at line 11
           line 8: `while ((v = bpf_iter_num_next(&it))) {` goes on at line 9
           line 9: `if (*v == ctx->rx_queue_index)` goes on at line 15
   = help: destroy it before leaving, on the way out of line 9: `bpf_iter_num_destroy(&it);`, or let `bpf_for` do it
   = note: program `prog`; more about this: stingless check --explain E0060
*/
