#include "report.h"

static __u32 counts[16];

SEC("xdp") int prog(struct xdp_md *ctx)
{
    __u8 *data = DATA(ctx), *data_end = DATA_END(ctx);
    if (data + 24 > data_end)
        return 1;
    counts[data[23]]++;
    return 2;
}
/* report
class bounds
error[stingless::E0030]: the value of map `.bss` has 64 bytes, the access may end at 1024
  --> ./global_array_index.bpf.c:10:21
   |
10 |     counts[data[23]]++;
   |     ----------------^^
   |     |      |
   |     |      `data[23]` is loaded here
   |     this is in `.bss`
   |
   = cause: the offset is 0..=1020
   = path: line 8: `if (data + 24 > data_end)` goes on at line 10
   = help: check it before its use: `if (data[23] > 15) return 0;`
   = note: program `prog`; more about this: stingless check --explain E0030
*/
