#include "report.h"

__noinline int bump(struct value *v)
{
    v->hits += 1;
    return 0;
}

SEC("xdp") int prog(struct xdp_md *ctx)
{
    __u32 key = 1;
    struct value *v = bpf_map_lookup_elem(&table, &key);
    if (!v)
        return 1;
    bump(v);
    return 2;
}

/* report
class null
error[stingless::E0020]: `v` is a pointer to an argument's memory that may be NULL
  --> ./global_function.bpf.c:5:5
   |
 5 |     v->hits += 1;
   |     ^^^^^^^^^^^^
...
15 |     bump(v);
   |     ------- called here; a global function is verified for all that its arguments' types allow
   |
   = help: check it before its use: `if (!v) return 0;`, or declare the argument `__arg_nonnull`
   = note: program `prog`; more about this: stingless check --explain E0020
*/
