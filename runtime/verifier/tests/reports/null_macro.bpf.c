#include "report.h"

#define COUNT(map, k) ({ __u32 key_ = (k); struct value *v_ = bpf_map_lookup_elem(&map, &key_); v_->hits++; })

SEC("xdp") int prog(struct xdp_md *ctx)
{
    COUNT(table, 1);
    return 2;
}
/* report
class null
error[stingless::E0020]: r0 is a pointer to a map value that may be NULL
 --> ./null_macro.bpf.c:7:5
  |
7 |     COUNT(table, 1);
  |     ^^^^^^^^^^^^^^^
  |     |
  |     this comes from `bpf_map_lookup_elem`: NULL if there is no such element
  |
  = help: check for NULL what the call returned, before its use
  = note: program `prog`; more about this: stingless check --explain E0020
*/
