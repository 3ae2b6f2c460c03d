#include "report.h"

SEC("xdp") int prog(struct xdp_md *ctx)
{
    __u32 key = 1;
    int i = ctx->rx_queue_index;
    struct value *v = bpf_map_lookup_elem(&table, &key);
    if (!v)
        return 1;
    if (i > 39)
        return 1;
    return v->data[i] & 1;
}

/* report
class bounds
error[stingless::E0035]: `i` is added to `v`, but has no bound on both sides
  --> ./signed_index.bpf.c:12:12
   |
 6 |     int i = ctx->rx_queue_index;
   |             ------------------- `i` is loaded here
 7 |     struct value *v = bpf_map_lookup_elem(&table, &key);
   |                       --------------------------------- `v` comes from `bpf_map_lookup_elem`
 8 |     if (!v)
   |         -- `i` is last checked here
...
12 |     return v->data[i] & 1;
   |            ^^^^^^^^^^
   |
   = cause: the offset is -2147483648..=39
   = path: line 8: `if (!v)` goes on at line 12
   = help: check both ends, or make it unsigned: `if (i < 0 || i >= sizeof(v->data) / sizeof(v->data[0])) return 0;`
   = note: program `prog`; more about this: stingless check --explain E0035
*/
