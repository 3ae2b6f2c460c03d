#include "report.h"

SEC("xdp") int prog(struct xdp_md *ctx)
{
    __u32 key = 1;
    bpf_map_update_elem(&table, &key, ctx, 0);
    return 2;
}

/* report
class helper-arg
error[stingless::E0070]: argument 3 is the context pointer, a pointer to memory is expected
 --> ./helper_wrong_pointer.bpf.c:6:5
  |
3 | SEC("xdp") int prog(struct xdp_md *ctx)
  | --------------------------------------- `ctx` is the context
...
6 |     bpf_map_update_elem(&table, &key, ctx, 0);
  |     ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
  |
  = helper: long bpf_map_update_elem(void *map, const void *key, const void *value, u64 flags)
  = note: program `prog`; more about this: stingless check --explain E0070
*/
