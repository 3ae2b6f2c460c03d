#include "report.h"

SEC("xdp") int prog(struct xdp_md *ctx)
{
    __u32 key = 0, n = ctx->rx_queue_index;
    struct value *v = bpf_map_lookup_elem(&table, &key);
    if (!v || n > 40)
        return 1;
    return v->data[n - 1] & 1;
}
/* report
class bounds
error[stingless::E0035]: the offset into the value of map `table` has no bound; the value of map `table` has 48 bytes
 --> ./map_index_minus_one.bpf.c:9:12
  |
5 |     __u32 key = 0, n = ctx->rx_queue_index;
  |                        ------------------- `n` is loaded here
6 |     struct value *v = bpf_map_lookup_elem(&table, &key);
  |                       --------------------------------- `v` comes from `bpf_map_lookup_elem`
7 |     if (!v || n > 40)
  |            ---------- `n` is last checked here
...
9 |     return v->data[n - 1] & 1;
  |            ^^^^^^^^^^^^^^
  |
  = cause: the offset is 0..=4294967295
  = path: line 7: `if (!v || n > 40)` goes on at line 9
  = help: check it before its use: `if ((n - 1) >= sizeof(v->data)) return 0;`
  = note: program `prog`; more about this: stingless check --explain E0035
*/
