#include "report.h"

SEC("xdp") int prog(struct xdp_md *ctx)
{
    __u32 key = 1;
    struct value *v = bpf_map_lookup_elem(&table, &key);
    if (!v)
        return 1;
    __u32 short_pointer = (__u32)(__u64)v;
    v = (void *)(__u64)short_pointer;
    v->hits = 1;
    return 2;
}
/* report
class provenance
error[stingless::E0050]: `<<=` is not allowed on `v`, a pointer to a map value
  --> ./pointer_truncated.bpf.c:10:17
   |
 6 |     struct value *v = bpf_map_lookup_elem(&table, &key);
   |                       --------------------------------- `v` comes from `bpf_map_lookup_elem`
...
10 |     v = (void *)(__u64)short_pointer;
   |                 ^^^^^^^^^^^^^^^^^^^^
   |
   = path: line 7: `if (!v)` goes on at line 10
   = note: program `prog`; more about this: stingless check --explain E0050
*/
