#include "report.h"

struct big { __u64 a[8]; };

SEC("xdp") int prog(struct xdp_md *ctx)
{
    __u32 key = 0;
    struct big *v = bpf_map_lookup_elem(&table, &key);
    if (!v)
        return 1;
    v->a[7] = 1;
    return 2;
}
/* report
class bounds
error[stingless::E0030]: the value of map `table` has 48 bytes, the access may end at 64
  --> ./map_value_cast.bpf.c:11:5
   |
 8 |     struct big *v = bpf_map_lookup_elem(&table, &key);
   |                     --------------------------------- `v` comes from `bpf_map_lookup_elem`
...
11 |     v->a[7] = 1;
   |     ^^^^^^^^^^^
   |
   = cause: the offset is 56
   = path: line 9: `if (!v)` goes on at line 11
   = note: program `prog`; more about this: stingless check --explain E0030
*/
