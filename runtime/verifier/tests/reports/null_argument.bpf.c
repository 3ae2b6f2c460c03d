#include "report.h"

SEC("xdp") int prog(struct xdp_md *ctx)
{
    __u32 key = 1;
    struct value *v = bpf_map_lookup_elem(&table, &key);
    bpf_map_update_elem(&table, &key, v, 0);
    return 2;
}

/* report
class null
error[stingless::E0020]: `v` is a pointer to a map value that may be NULL
 --> ./null_argument.bpf.c:7:5
  |
6 |     struct value *v = bpf_map_lookup_elem(&table, &key);
  |                       --------------------------------- `v` comes from `bpf_map_lookup_elem`: NULL if there is no such element
7 |     bpf_map_update_elem(&table, &key, v, 0);
  |     ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
  |
  = helper: long bpf_map_update_elem(void *map, const void *key, const void *value, u64 flags)
  = help: check it before its use: `if (!v) return 0;`
  = note: program `prog`; more about this: stingless check --explain E0020
*/
