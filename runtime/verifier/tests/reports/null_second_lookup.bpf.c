#include "report.h"

SEC("xdp") int prog(struct xdp_md *ctx)
{
    __u32 key = 1, init = 2;
    struct value zero = {};
    struct value *v = bpf_map_lookup_elem(&table, &key);
    if (!v) {
        bpf_map_update_elem(&table, &key, &zero, 1);
        v = bpf_map_lookup_elem(&table, &key);
    }
    v->hits += init;
    return 2;
}
/* report
class null
error[stingless::E0020]: `v` is a pointer to a map value that may be NULL
  --> ./null_second_lookup.bpf.c:12:5
   |
10 |         v = bpf_map_lookup_elem(&table, &key);
   |             --------------------------------- `v` comes from `bpf_map_lookup_elem`: NULL if there is no such element
...
12 |     v->hits += init;
   |     ^^^^^^^^^^^^^^^
   |
   = path: line 8: `if (!v) {` goes on at line 9
   = help: check it before its use: `if (!v) return 0;`
   = note: program `prog`; more about this: stingless check --explain E0020
*/
