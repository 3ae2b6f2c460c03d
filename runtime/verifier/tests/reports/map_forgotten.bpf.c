#include "report.h"

SEC("xdp") int prog(struct xdp_md *ctx)
{
    __u32 key = 1;
    struct value *v = bpf_map_lookup_elem(&key, &key);
    return v ? 1 : 2;
}
/* report
class helper-arg
error[stingless::E0070]: argument 1 is a pointer to the stack, a map is expected
 --> ./map_forgotten.bpf.c:6:23
  |
5 |     __u32 key = 1;
  |           --- it points to this memory on the stack
6 |     struct value *v = bpf_map_lookup_elem(&key, &key);
  |                       ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
  |
  = helper: long bpf_map_lookup_elem(void *map, const void *key)
  = note: program `prog`; more about this: stingless check --explain E0070
*/
