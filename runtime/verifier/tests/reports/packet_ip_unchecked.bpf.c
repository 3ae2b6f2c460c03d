#include "report.h"

SEC("xdp") int prog(struct xdp_md *ctx)
{
    void *data = DATA(ctx), *data_end = DATA_END(ctx);
    struct ethhdr *eth = data;
    if (data + sizeof(*eth) > data_end)
        return 1;
    if (eth->h_proto != 8)
        return 2;
    struct iphdr *ip = data + sizeof(*eth);
    return ip->protocol == 6 ? 1 : 2;
}
/* report
class bounds
error[stingless::E0031]: bytes up to 24 are accessed through `data`, but only 14 are known to be there
  --> ./packet_ip_unchecked.bpf.c:12:12
   |
 5 |     void *data = DATA(ctx), *data_end = DATA_END(ctx);
   |                  --------- `data` is loaded from the context
...
 7 |     if (data + sizeof(*eth) > data_end)
   |         ---- `data` is last checked here
...
12 |     return ip->protocol == 6 ? 1 : 2;
   |            ^^^^^^^^^^^^
   |
   = cause: the offset is 23, 14 bytes are known to be there
   = path: line 7: `if (data + sizeof(*eth) > data_end)` goes on at line 9
           line 9: `if (eth->h_proto != 8)` goes on at line 12
   = help: check the end before the access: `if ((void *)(ip + 1) > (void *)data_end) return 0;`
   = note: program `prog`; more about this: stingless check --explain E0031
*/
