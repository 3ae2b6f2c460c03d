#include "report.h"

SEC("xdp") int prog(struct xdp_md *ctx)
{
    __u8 *data = DATA(ctx), *data_end = DATA_END(ctx);
    __u8 *opt = data + 54;
    if (opt > data_end)
        return 1;
#pragma clang loop unroll(disable)
    for (int i = 0; i < 10; i++) {
        if (opt + 1 > data_end)
            return 2;
        if (opt[0] == 0)
            return 2;
        if (opt[0] == 8)
            return 1;
        opt += opt[1];
    }
    return 2;
}
/* report
class bounds
error[stingless::E0031]: bytes up to 56 are accessed through `data`, but only 55 are known to be there
  --> ./packet_tcp_options.bpf.c:17:16
   |
 5 |     __u8 *data = DATA(ctx), *data_end = DATA_END(ctx);
   |                  --------- `data` is loaded from the context
...
11 |         if (opt + 1 > data_end)
   |             --- `data` is last checked here
...
17 |         opt += opt[1];
   |                ^^^^^^
   |
   = cause: the offset is 55, 55 bytes are known to be there
   = path: line 7: `if (opt > data_end)` goes on at line 11
           line 11: `if (opt + 1 > data_end)` goes on at line 13
           line 13: `if (opt[0] == 0)` goes on at line 17
   = help: check the end before the access: `if ((void *)(opt + 2) > (void *)data_end) return 0;`
   = note: program `prog`; more about this: stingless check --explain E0031
*/
