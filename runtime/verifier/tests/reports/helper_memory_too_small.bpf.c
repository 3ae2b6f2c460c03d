#include "report.h"

SEC("xdp") int prog(struct xdp_md *ctx)
{
    __u32 key = 1;
    long n = 0;
    struct value *v = bpf_map_lookup_elem(&table, &key);
    if (!v)
        return 1;
    bpf_strtol((char *)v->data, 64, 10, &n);
    return n & 1;
}

/* report
class bounds
error[stingless::E0030]: the value of map `table` has 48 bytes, the access may end at 72
  --> ./helper_memory_too_small.bpf.c:10:5
   |
 7 |     struct value *v = bpf_map_lookup_elem(&table, &key);
   |                       --------------------------------- `v` comes from `bpf_map_lookup_elem`
...
10 |     bpf_strtol((char *)v->data, 64, 10, &n);
   |     ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
   |
   = cause: the offset is 8
   = helper: long bpf_strtol(void *buf, u64 buf_len, u64 flags, void *res)
   = path: line 8: `if (!v)` goes on at line 10
   = help: there are 40 bytes from there on: pass that many at most
   = note: program `prog`; more about this: stingless check --explain E0030
*/
