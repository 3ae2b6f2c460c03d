#include "report.h"

SEC("xdp") int prog(struct xdp_md *ctx)
{
    __u32 key = 1, i = ctx->rx_queue_index;
    struct value *v = bpf_map_lookup_elem(&table, &key);
    if (!v)
        return 1;
    if (i > 64)
        return 1;
    v->data[i] = 1;
    return 2;
}

/* report
class bounds
error[stingless::E0030]: the value of map `table` has 48 bytes, the access may end at 73
  --> ./value_index.bpf.c:11:5
   |
 5 |     __u32 key = 1, i = ctx->rx_queue_index;
   |                        ------------------- `i` is loaded here
 6 |     struct value *v = bpf_map_lookup_elem(&table, &key);
   |                       --------------------------------- `v` comes from `bpf_map_lookup_elem`
 7 |     if (!v)
   |         -- `i` is last checked here
...
11 |     v->data[i] = 1;
   |     ^^^^^^^^^^^^^^
   |
   = cause: the offset is 8..=72
   = path: line 7: `if (!v)` goes on at line 11
   = help: check it before its use: `if (i >= sizeof(v->data)) return 0;`
   = note: program `prog`; more about this: stingless check --explain E0030
*/
