#include "report.h"

SEC("xdp") int prog(struct xdp_md *ctx)
{
    __u32 key = 1;
    __u8 *v = bpf_map_lookup_elem(&table, &key);
    v += ctx->rx_queue_index & 7;
    asm volatile("" : "+r"(v));
    if (!v)
        return 1;
    return *v & 1;
}

/* report
class null
error[stingless::E0022]: arithmetic on a pointer to a map value, which may be NULL
 --> ./null_arithmetic.bpf.c:7:5
  |
6 |     __u8 *v = bpf_map_lookup_elem(&table, &key);
  |               --------------------------------- `v` comes from `bpf_map_lookup_elem`: NULL if there is no such element
7 |     v += ctx->rx_queue_index & 7;
  |     ^^^^^^^^^^^^^^^^^^^^^^^^^^^^
  |
  = help: check it before its use: `if (!v) return 0;`
  = note: program `prog`; more about this: stingless check --explain E0022
*/
