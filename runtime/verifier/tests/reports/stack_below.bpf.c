#include "report.h"

SEC("xdp") int prog(struct xdp_md *ctx)
{
    volatile char name[16] = "stingless";
    volatile char *p = name;
    p[-600] = 1;
    return p[0];
}
/* report
class type
error[stingless::E0043]: the program returns 115, allowed is 0..=4
 --> ./stack_below.bpf.c:8:5
  |
5 |     volatile char name[16] = "stingless";
  |                   -------- `name[16]` is loaded here
...
8 |     return p[0];
  |     ^^^^^^
  |
  = cause: the low 32 bits are 115..=115
  = help: return a value in 0..=4
  = note: program `prog`; more about this: stingless check --explain E0043
*/
