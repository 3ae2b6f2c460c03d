#include "report.h"

SEC("xdp") int prog(struct xdp_md *ctx)
{
    __u32 key = 1, i = 0;
    struct value *v = bpf_map_lookup_elem(&table, &key);
    if (v)
        i = v->hits & 3;
    return ((volatile __u32 *)ctx)[i] & 1;
}
/* report
class ctx
error[stingless::E0082]: the context is accessed at a variable offset
 --> ./ctx_variable_index.bpf.c:9:12
  |
3 | SEC("xdp") int prog(struct xdp_md *ctx)
  | --------------------------------------- `ctx` is the context
...
8 |         i = v->hits & 3;
  |             ------- `i` is loaded here
9 |     return ((volatile __u32 *)ctx)[i] & 1;
  |            ^^^^^^^^^^^^^^^^^^^^^^^^^^
  |
  = path: line 7: `if (v)` goes on at line 8
  = note: program `prog`; more about this: stingless check --explain E0082
*/
