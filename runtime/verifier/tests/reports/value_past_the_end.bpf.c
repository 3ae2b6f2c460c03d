#include "report.h"

SEC("xdp") int prog(struct xdp_md *ctx)
{
    __u32 key = 1;
    __u64 *v = bpf_map_lookup_elem(&table, &key);
    if (!v)
        return 1;
    v[6] = 1;
    return 2;
}

/* report
class bounds
error[stingless::E0030]: the value of map `table` has 48 bytes, the access may end at 56
 --> ./value_past_the_end.bpf.c:9:5
  |
6 |     __u64 *v = bpf_map_lookup_elem(&table, &key);
  |                --------------------------------- `v` comes from `bpf_map_lookup_elem`
...
9 |     v[6] = 1;
  |     ^^^^^^^^
  |
  = cause: the offset is 48
  = path: line 7: `if (!v)` goes on at line 9
  = note: program `prog`; more about this: stingless check --explain E0030
*/
