#include "report.h"

SEC("xdp") int prog(struct xdp_md *ctx)
{
    __u64 *word = (void *)ctx;
    return word[7] & 1;
}

/* report
class ctx
error[stingless::E0080]: `struct xdp_md` has no field of 8 bytes at offset 56
 --> ./ctx_field.bpf.c:6:12
  |
6 |     return word[7] & 1;
  |            ^^^^^^^
  |
  = note: program `prog`; more about this: stingless check --explain E0080
*/
