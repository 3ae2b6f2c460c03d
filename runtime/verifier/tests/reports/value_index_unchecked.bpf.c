#include "report.h"

SEC("xdp") int prog(struct xdp_md *ctx)
{
    __u32 key = 1, i = bpf_get_prandom_u32();
    struct value *v = bpf_map_lookup_elem(&table, &key);
    if (!v)
        return 1;
    return v->data[i] & 1;
}

/* report
class bounds
error[stingless::E0035]: the offset into the value of map `table` has no bound; the value of map `table` has 48 bytes
 --> ./value_index_unchecked.bpf.c:9:12
  |
5 |     __u32 key = 1, i = bpf_get_prandom_u32();
  |                        --------------------- `i` is what `bpf_get_prandom_u32` returned
6 |     struct value *v = bpf_map_lookup_elem(&table, &key);
  |                       --------------------------------- `v` comes from `bpf_map_lookup_elem`
...
9 |     return v->data[i] & 1;
  |            ^^^^^^^^^^
  |
  = cause: the offset is 0..=4294967295
  = path: line 7: `if (!v)` goes on at line 9
  = help: check it before its use: `if (i >= sizeof(v->data)) return 0;`
  = note: program `prog`; more about this: stingless check --explain E0035
*/
