#include "report.h"

SEC("xdp") int prog(struct xdp_md *ctx)
{
    __u64 sum = 0;
#pragma clang loop unroll(disable)
    for (__u32 key = 0; key < 4; key++) {
        struct value *v = bpf_map_lookup_elem(&table, &key);
        sum += v->hits;
    }
    return sum & 1;
}
/* report
class null
error[stingless::E0020]: `v` is a pointer to a map value that may be NULL
 --> ./null_in_a_loop.bpf.c:9:16
  |
8 |         struct value *v = bpf_map_lookup_elem(&table, &key);
  |                           --------------------------------- `v` comes from `bpf_map_lookup_elem`: NULL if there is no such element
9 |         sum += v->hits;
  |                ^^^^^^^
  |
  = help: check it before its use: `if (!v) return 0;`
  = note: program `prog`; more about this: stingless check --explain E0020
*/
