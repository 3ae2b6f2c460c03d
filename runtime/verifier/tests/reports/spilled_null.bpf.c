#include "report.h"

SEC("xdp") int prog(struct xdp_md *ctx)
{
    __u32 key = 1;
    struct value *volatile v = bpf_map_lookup_elem(&table, &key);
    __u64 now = bpf_ktime_get_ns();
    struct value *w = v;
    w->hits = now;
    return 2;
}

/* report
class null
error[stingless::E0020]: `v` is a pointer to a map value that may be NULL
 --> ./spilled_null.bpf.c:9:5
  |
6 |     struct value *volatile v = bpf_map_lookup_elem(&table, &key);
  |                                --------------------------------- `v` comes from `bpf_map_lookup_elem`: NULL if there is no such element
...
9 |     w->hits = now;
  |     ^^^^^^^^^^^^^
  |
  = help: check it before its use: `if (!v) return 0;`
  = note: program `prog`; more about this: stingless check --explain E0020
*/
