#include "report.h"

SEC("xdp") int prog(struct xdp_md *ctx)
{
    __u32 key = 1, sum = 0;
    struct value *v = bpf_map_lookup_elem(&table, &key);
    if (!v)
        return 1;
#pragma clang loop unroll(disable)
    for (int i = 0; i <= 40; i++)
        sum += v->data[i];
    return sum & 1;
}

/* report
class bounds
error[stingless::E0030]: the value of map `table` has 48 bytes, the access may end at 49
  --> ./loop_index.bpf.c:11:16
   |
 6 |     struct value *v = bpf_map_lookup_elem(&table, &key);
   |                       --------------------------------- `v` comes from `bpf_map_lookup_elem`
...
10 |     for (int i = 0; i <= 40; i++)
   |     ----------------------------- `i` is counted here: one of its turns reaches too far
11 |         sum += v->data[i];
   |                ^^^^^^^^^^
   |
   = cause: the offset is 48
   = path: line 7: `if (!v)` goes on at line 11
           line 10: `for (int i = 0; i <= 40; i++)` goes on at line 11
   = note: program `prog`; more about this: stingless check --explain E0030
*/
