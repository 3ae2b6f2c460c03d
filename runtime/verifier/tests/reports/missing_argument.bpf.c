#include "report.h"

static long (*map_update)(void *map, const void *key, const void *value) = (void *)2;

SEC("xdp") int prog(struct xdp_md *ctx)
{
    struct value v = {};
    __u32 key = 7;
    map_update(&table, &key, &v);
    return 2;
}
/* report
class uninit
error[stingless::E0010]: argument 4 (r4) was never set on this path
 --> ./missing_argument.bpf.c:9:5
  |
9 |     map_update(&table, &key, &v);
  |     ^^^^^^^^^^^^^^^^^^^^^^^^^^^^
  |
  = helper: long bpf_map_update_elem(void *map, const void *key, const void *value, u64 flags)
  = note: program `prog`; more about this: stingless check --explain E0010
*/
