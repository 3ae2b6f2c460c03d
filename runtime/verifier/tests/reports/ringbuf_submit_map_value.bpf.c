#include "report.h"

SEC("xdp") int prog(struct xdp_md *ctx)
{
    __u32 key = 1;
    struct value *v = bpf_map_lookup_elem(&table, &key);
    if (!v)
        return 1;
    bpf_ringbuf_submit(v, 0);
    return 2;
}
/* report
class helper-arg
error[stingless::E0070]: argument 1 is a pointer to a map value, an acquired reference is expected
 --> ./ringbuf_submit_map_value.bpf.c:9:5
  |
6 |     struct value *v = bpf_map_lookup_elem(&table, &key);
  |                       --------------------------------- `v` comes from `bpf_map_lookup_elem`
...
9 |     bpf_ringbuf_submit(v, 0);
  |     ^^^^^^^^^^^^^^^^^^^^^^^^
  |
  = helper: long bpf_ringbuf_submit(void *data, u64 flags)
  = path: line 7: `if (!v)` goes on at line 9
  = note: program `prog`; more about this: stingless check --explain E0070
*/
