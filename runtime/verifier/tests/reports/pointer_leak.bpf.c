#include "report.h"

SEC("xdp") int prog(struct xdp_md *ctx)
{
    __u32 key = 1;
    struct value *v = bpf_map_lookup_elem(&table, &key);
    if (!v)
        return 1;
    v->hits = (__u64)v;
    return 2;
}

/* report
class provenance
error[stingless::E0051]: `v` is a pointer to a map value; it may be stored on the stack only, not through a pointer to a map value
 --> ./pointer_leak.bpf.c:9:5
  |
6 |     struct value *v = bpf_map_lookup_elem(&table, &key);
  |                       --------------------------------- `v` comes from `bpf_map_lookup_elem`
...
9 |     v->hits = (__u64)v;
  |     ^^^^^^^^^^^^^^^^^^
  |
  = path: line 7: `if (!v)` goes on at line 9
  = note: program `prog`; more about this: stingless check --explain E0051
*/
