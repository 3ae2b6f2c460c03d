#include "report.h"

static __noinline int bump(struct value *v, __u32 by)
{
    if (by == 0)
        return 1;
    v->hits += by;
    return 2;
}

SEC("xdp") int prog(struct xdp_md *ctx)
{
    __u32 key = 1;
    struct value *v = bpf_map_lookup_elem(&table, &key);
    return bump(v, ctx->rx_queue_index);
}

/* report
class null
error[stingless::E0020]: `v` is a pointer to a map value that may be NULL
  --> ./in_a_function.bpf.c:7:5
   |
 7 |     v->hits += by;
   |     ^^^^^^^^^^^^^
...
14 |     struct value *v = bpf_map_lookup_elem(&table, &key);
   |                       --------------------------------- `v` comes from `bpf_map_lookup_elem`: NULL if there is no such element
   |
   = path: line 5: `if (by == 0)` goes on at line 7
   = help: check it before its use: `if (!v) return 0;`
   = note: program `prog`; more about this: stingless check --explain E0020
*/
