#include "report.h"

SEC("xdp") int prog(struct xdp_md *ctx)
{
    __u32 key = 1;
    struct value *v = bpf_map_lookup_elem(&table, &key);
    if (v)
        return 2;
    asm volatile("" : "+r"(v)); // keeps clang from using that it is NULL
    v->hits = 7;
    return 1;
}

/* report
class null
error[stingless::E0020]: `v` is used as an address, but it is a number (NULL) and no pointer
  --> ./null_check_inverted.bpf.c:10:5
   |
 7 |     if (v)
   |         - this is set to 0 here
...
10 |     v->hits = 7;
   |     ^^^^^^^^^^^
   |
   = path: line 7: `if (v)` goes on at line 10
   = note: program `prog`; more about this: stingless check --explain E0020
*/
