#include "report.h"

SEC("xdp") int prog(struct xdp_md *ctx)
{
    void *data = DATA(ctx), *data_end = DATA_END(ctx);
    if (data + 8 > data_end)
        return 1;
    __sync_fetch_and_add((__u64 *)data, 1);
    return 2;
}
/* report
class type
error[stingless::E0041]: atomic operations are not allowed on a pointer to packet data
 --> ./packet_atomic.bpf.c:8:5
  |
5 |     void *data = DATA(ctx), *data_end = DATA_END(ctx);
  |                  --------- `data` is loaded from the context
...
8 |     __sync_fetch_and_add((__u64 *)data, 1);
  |     ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
  |
  = path: line 6: `if (data + 8 > data_end)` goes on at line 8
  = note: program `prog`; more about this: stingless check --explain E0041
*/
