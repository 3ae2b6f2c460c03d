#include "report.h"

SEC("xdp") int prog(struct xdp_md *ctx)
{
    __u32 key = 1;
    struct value *v = bpf_map_lookup_elem(&table, &key);
    if (!v)
        return 1;
    struct value *aligned = (void *)((__u64)v & ~15ull);
    return aligned->data[0];
}

/* report
class provenance
error[stingless::E0050]: `&=` is not allowed on `v`, a pointer to a map value
 --> ./pointer_arithmetic.bpf.c:9:47
  |
6 |     struct value *v = bpf_map_lookup_elem(&table, &key);
  |                       --------------------------------- `v` comes from `bpf_map_lookup_elem`
...
9 |     struct value *aligned = (void *)((__u64)v & ~15ull);
  |                                               ^^^^^^^^^
  |
  = path: line 7: `if (!v)` goes on at line 9
  = note: program `prog`; more about this: stingless check --explain E0050
*/
