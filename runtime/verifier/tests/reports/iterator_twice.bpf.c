#include "report.h"

SEC("xdp") int prog(struct xdp_md *ctx)
{
    struct bpf_iter_num it;
    bpf_iter_num_new(&it, 0, 10);
    int more = bpf_iter_num_next(&it) != 0;
    bpf_iter_num_new(&it, 10, 20);
    bpf_iter_num_destroy(&it);
    return more;
}

/* report
class iterator-dynptr
error[stingless::E0131]: argument 1 points to an iterator that is still in use: destroy it before another one is made there
 --> ./iterator_twice.bpf.c:8:5
  |
6 |     bpf_iter_num_new(&it, 0, 10);
  |     ---------------------------- it is made here by `bpf_iter_num_new`
...
8 |     bpf_iter_num_new(&it, 10, 20);
  |     ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
  |
  = helper: long bpf_iter_num_new(void *it, u64 flags, u64 flags)
  = note: program `prog`; more about this: stingless check --explain E0131
*/
