#include "report.h"

SEC("xdp") int prog(struct xdp_md *ctx)
{
    __u32 key;
    if (ctx->rx_queue_index > 3)
        key = 3;
    struct value *v = bpf_map_lookup_elem(&table, &key);
    return v ? 1 : 2;
}
/* report
class uninit
error[stingless::E0011]: byte 0 of what `&key` points to is read but was never written on this path
 --> ./key_on_one_branch.bpf.c:8:23
  |
6 |     if (ctx->rx_queue_index > 3)
  |         ------------------- where this goes the other way, it is written
...
8 |     struct value *v = bpf_map_lookup_elem(&table, &key);
  |                       ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
  |
  = helper: long bpf_map_lookup_elem(void *map, const void *key)
  = path: line 6: `if (ctx->rx_queue_index > 3)` goes on at line 7
  = help: clear it before it is filled in, padding included: `__builtin_memset(&key, 0, sizeof(key));`
  = note: program `prog`; more about this: stingless check --explain E0011
*/
