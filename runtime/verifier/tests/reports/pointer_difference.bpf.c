#include "report.h"

SEC("xdp") int prog(struct xdp_md *ctx)
{
    __u32 a = 1, b = 2;
    struct value *v = bpf_map_lookup_elem(&table, &a), *w = bpf_map_lookup_elem(&table, &b);
    if (!v || !w)
        return 1;
    return (__u64)v - (__u64)w > 64 ? 1 : 2;
}
/* report
class provenance
error[stingless::E0050]: the difference of two pointers would tell where memory lies
 --> ./pointer_difference.bpf.c:9:21
  |
6 |     struct value *v = bpf_map_lookup_elem(&table, &a), *w = bpf_map_lookup_elem(&table, &b);
  |                       ------------------------------- `v` comes from `bpf_map_lookup_elem`
...
9 |     return (__u64)v - (__u64)w > 64 ? 1 : 2;
  |                     ^^^^^^^^^^^^^^^^^^^^^^^
  |
  = path: line 7: `if (!v || !w)` goes on at line 9
  = note: program `prog`; more about this: stingless check --explain E0050
*/
