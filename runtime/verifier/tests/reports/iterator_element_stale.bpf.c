#include "report.h"

SEC("xdp") int prog(struct xdp_md *ctx)
{
    struct bpf_iter_num it;
    int *v;
    bpf_iter_num_new(&it, 0, 10);
    v = bpf_iter_num_next(&it);
    bpf_iter_num_destroy(&it);
    if (!v)
        return 0;
    return *v & 1;
}

/* report
class reference
error[stingless::E0061]: `v` is used after `bpf_iter_num_destroy` ended what it points into
  --> ./iterator_element_stale.bpf.c:12:12
   |
 8 |     v = bpf_iter_num_next(&it);
   |         ---------------------- `v` comes from `bpf_iter_num_next`
 9 |     bpf_iter_num_destroy(&it);
   |     ------------------------- `bpf_iter_num_destroy` ends the object that it points into
...
12 |     return *v & 1;
   |            ^^
   |
   = path: line 10: `if (!v)` goes on at line 12
   = note: program `prog`; more about this: stingless check --explain E0061
*/
