#include "report.h"

SEC("xdp") int prog(struct xdp_md *ctx)
{
    __u32 key = ctx->rx_queue_index;
    struct value *v = bpf_map_lookup_elem(&table, &key);
    if (key > 8) {
        if (!v)
            return 1;
    }
    v->hits = key;
    return 2;
}

/* report
class null
error[stingless::E0020]: `v` is a pointer to a map value that may be NULL
  --> ./null_only_on_one_path.bpf.c:11:5
   |
 6 |     struct value *v = bpf_map_lookup_elem(&table, &key);
   |                       --------------------------------- `v` comes from `bpf_map_lookup_elem`: NULL if there is no such element
 7 |     if (key > 8) {
   |         --- where this goes the other way, `v` is checked
...
11 |     v->hits = key;
   |     ^^^^^^^^^^^^^
   |
   = path: line 7: `if (key > 8) {` goes on at line 11
   = help: check it before its use: `if (!v) return 0;`
   = note: program `prog`; more about this: stingless check --explain E0020
*/
