#include "report.h"

SEC("xdp") int prog(struct xdp_md *ctx)
{
    const char *s = DATA(ctx);
    int n = 0;
    while (s[n])
        n++;
    return n & 1;
}
/* report
class bounds
error[stingless::E0031]: bytes up to 1 are accessed through `s`, but only 0 are known to be there
 --> ./packet_strlen.bpf.c:7:12
  |
5 |     const char *s = DATA(ctx);
  |                     --------- `s` is loaded from the context
...
7 |     while (s[n])
  |            ^^^^
  |
  = cause: the offset is 0, 0 bytes are known to be there
  = help: check the end before the access: `asm volatile("" : "+r"(n)); if ((void *)(s + n + 1) > (void *)(long)ctx->data_end) return 0;` (the first part keeps the compiler from taking the check out of the loop)
  = note: program `prog`; more about this: stingless check --explain E0031
*/
