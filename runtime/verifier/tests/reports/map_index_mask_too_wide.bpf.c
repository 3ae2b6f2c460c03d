#include "report.h"

SEC("xdp") int prog(struct xdp_md *ctx)
{
    __u32 key = 0;
    struct value *v = bpf_map_lookup_elem(&table, &key);
    if (!v)
        return 1;
    __u32 i = bpf_get_prandom_u32() & 63;
    v->data[i] = 1;
    return 2;
}
/* report
class bounds
error[stingless::E0030]: the value of map `table` has 48 bytes, the access may end at 72
  --> ./map_index_mask_too_wide.bpf.c:10:5
   |
 6 |     struct value *v = bpf_map_lookup_elem(&table, &key);
   |                       --------------------------------- `v` comes from `bpf_map_lookup_elem`
...
 9 |     __u32 i = bpf_get_prandom_u32() & 63;
   |               --------------------- `i` is what `bpf_get_prandom_u32` returned
10 |     v->data[i] = 1;
   |     ^^^^^^^^^^^^^^
   |
   = cause: the offset is 8..=71
   = path: line 7: `if (!v)` goes on at line 9
   = help: check it before its use: `if (i >= sizeof(v->data)) return 0;`
   = note: program `prog`; more about this: stingless check --explain E0030
*/
