#include "report.h"

SEC("xdp") int prog(struct xdp_md *ctx)
{
    __u64 key = ctx->rx_queue_index;
    struct value *v = bpf_map_lookup_elem(&table, (void *)key);
    return v ? 1 : 2;
}
/* report
class helper-arg
error[stingless::E0070]: argument 2 is a number, a pointer to memory is expected
 --> ./key_by_value.bpf.c:6:23
  |
5 |     __u64 key = ctx->rx_queue_index;
  |                 ------------------- `key` is loaded here
6 |     struct value *v = bpf_map_lookup_elem(&table, (void *)key);
  |                       ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
  |
  = helper: long bpf_map_lookup_elem(void *map, const void *key)
  = note: program `prog`; more about this: stingless check --explain E0070
*/
