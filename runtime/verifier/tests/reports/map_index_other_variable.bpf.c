#include "report.h"

SEC("xdp") int prog(struct xdp_md *ctx)
{
    __u32 key = 0, i = ctx->rx_queue_index, j = ctx->ingress_ifindex;
    struct value *v = bpf_map_lookup_elem(&table, &key);
    if (!v)
        return 1;
    if (j >= 40)
        return 1;
    v->data[i] = 1;
    return 2;
}
/* report
class bounds
error[stingless::E0035]: the offset into the value of map `table` has no bound; the value of map `table` has 48 bytes
  --> ./map_index_other_variable.bpf.c:11:5
   |
 5 |     __u32 key = 0, i = ctx->rx_queue_index, j = ctx->ingress_ifindex;
   |                        ------------------- `i` is loaded here
 6 |     struct value *v = bpf_map_lookup_elem(&table, &key);
   |                       --------------------------------- `v` comes from `bpf_map_lookup_elem`
...
11 |     v->data[i] = 1;
   |     ^^^^^^^^^^^^^^
   |
   = cause: the offset is 0..=4294967295
   = path: line 7: `if (!v)` goes on at line 11
   = help: check it before its use: `if (i >= sizeof(v->data)) return 0;`
   = note: program `prog`; more about this: stingless check --explain E0035
*/
