#include "report.h"

struct pair { __u64 a, b; };

static __noinline __u64 sum(volatile struct pair *p)
{
    return p->a + p->b;
}

SEC("xdp") int prog(struct xdp_md *ctx)
{
    struct pair p;
    ((volatile struct pair *)&p)->a = ctx->rx_queue_index;
    return sum(&p) & 1;
}
/* report
class uninit
error[stingless::E0011]: `p->b` is read but was never written on this path
  --> ./stack_in_a_function.bpf.c:7:19
   |
 7 |     return p->a + p->b;
   |                   ^^^^
...
13 |     ((volatile struct pair *)&p)->a = ctx->rx_queue_index;
   |     ----------------------------------------------------- this is written, byte 8 of it is not
14 |     return sum(&p) & 1;
   |            ------- the function is called from here
   |
   = help: initialise the variable where it is declared: `= {}`
   = note: program `prog`; more about this: stingless check --explain E0011
*/
