#include "report.h"

static __attribute__((always_inline)) void bump(struct value *v)
{
    v->hits++;
}

SEC("xdp") int prog(struct xdp_md *ctx)
{
    __u32 key = 1;
    struct value *v = bpf_map_lookup_elem(&table, &key);
    bump(v);
    return 2;
}
/* report
class null
error[stingless::E0020]: `v` is a pointer to a map value that may be NULL
  --> ./null_inlined.bpf.c:5:12
   |
 5 |     v->hits++;
   |            ^^
...
11 |     struct value *v = bpf_map_lookup_elem(&table, &key);
   |                       --------------------------------- `v` comes from `bpf_map_lookup_elem`: NULL if there is no such element
   |
   = help: check it before its use: `if (!v) return 0;`
   = note: program `prog`; more about this: stingless check --explain E0020
*/
