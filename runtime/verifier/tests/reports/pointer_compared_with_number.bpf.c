#include "report.h"

SEC("xdp") int prog(struct xdp_md *ctx)
{
    __u32 key = 1;
    struct value *v = bpf_map_lookup_elem(&table, &key);
    if (!v || (__u64)v > 0xffff888000000000)
        return 1;
    return v->hits & 1;
}
/* report
class provenance
error[stingless::E0052]: `v`, a pointer to a map value, is compared with r1, a number
 --> ./pointer_compared_with_number.bpf.c:7:12
  |
6 |     struct value *v = bpf_map_lookup_elem(&table, &key);
  |                       --------------------------------- `v` comes from `bpf_map_lookup_elem`
7 |     if (!v || (__u64)v > 0xffff888000000000)
  |            ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
  |
  = path: line 7: `if (!v || (__u64)v > 0xffff888000000000)` goes on
  = note: program `prog`; more about this: stingless check --explain E0052
*/
