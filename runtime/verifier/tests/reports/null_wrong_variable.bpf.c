#include "report.h"

SEC("xdp") int prog(struct xdp_md *ctx)
{
    __u32 a = 1, b = 2;
    struct value *from = bpf_map_lookup_elem(&table, &a);
    struct value *to = bpf_map_lookup_elem(&table, &b);
    if (!from)
        return 1;
    to->hits = from->hits;
    return 2;
}
/* report
class null
error[stingless::E0020]: `to` is a pointer to a map value that may be NULL
  --> ./null_wrong_variable.bpf.c:10:5
   |
 7 |     struct value *to = bpf_map_lookup_elem(&table, &b);
   |                        ------------------------------- `to` comes from `bpf_map_lookup_elem`: NULL if there is no such element
...
10 |     to->hits = from->hits;
   |     ^^^^^^^^^^^^^^^^^^^^^
   |
   = path: line 8: `if (!from)` goes on at line 10
   = help: check it before its use: `if (!to) return 0;`
   = note: program `prog`; more about this: stingless check --explain E0020
*/
