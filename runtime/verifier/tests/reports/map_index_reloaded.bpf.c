#include "report.h"

SEC("xdp") int prog(struct xdp_md *ctx)
{
    __u32 key = 0;
    volatile struct value *v = bpf_map_lookup_elem(&table, &key);
    if (!v)
        return 1;
    if (v->hits < 40)
        v->data[v->hits] = 1;
    return 2;
}
/* report
class bounds
error[stingless::E0035]: `v->hits` is added to `v`, but has no bound on both sides
  --> ./map_index_reloaded.bpf.c:10:9
   |
 6 |     volatile struct value *v = bpf_map_lookup_elem(&table, &key);
   |                                --------------------------------- `v` comes from `bpf_map_lookup_elem`
...
 9 |     if (v->hits < 40)
   |         ------- `v->hits` is checked here, and read again afterwards: it may be another number then
10 |         v->data[v->hits] = 1;
   |         ^^^^^^^^^^^^^^^^
   |         |
   |         `v->data[v->hits]` is loaded here
   |
   = cause: the offset is any number
   = path: line 7: `if (!v)` goes on at line 9
           line 9: `if (v->hits < 40)` goes on at line 10
   = help: read it once, and use what was checked: `__u64 i = v->hits; if (i > 39) return 0;`
   = note: program `prog`; more about this: stingless check --explain E0035
*/
