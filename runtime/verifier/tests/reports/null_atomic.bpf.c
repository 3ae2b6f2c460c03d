#include "report.h"

SEC("xdp") int prog(struct xdp_md *ctx)
{
    __u32 key = ctx->rx_queue_index;
    struct value *v = bpf_map_lookup_elem(&table, &key);
    __sync_fetch_and_add(&v->hits, 1);
    return 2;
}
/* report
class null
error[stingless::E0020]: `v` is a pointer to a map value that may be NULL
 --> ./null_atomic.bpf.c:7:5
  |
6 |     struct value *v = bpf_map_lookup_elem(&table, &key);
  |                       --------------------------------- `v` comes from `bpf_map_lookup_elem`: NULL if there is no such element
7 |     __sync_fetch_and_add(&v->hits, 1);
  |     ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
  |
  = help: check it before its use: `if (!v) return 0;`
  = note: program `prog`; more about this: stingless check --explain E0020
*/
