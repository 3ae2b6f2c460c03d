#include "report.h"

SEC("xdp") int prog(struct xdp_md *ctx)
{
    void *data = DATA(ctx), *data_end = DATA_END(ctx);
    struct iphdr *ip = data + sizeof(struct ethhdr);
    if ((void *)(ip + 1) > data_end)
        return 1;
    struct tcphdr *tcp = (void *)ip + ip->ihl * 4;
    if ((void *)(ip + 1) > data_end)
        return 1;
    return tcp->dest == 80 ? 1 : 2;
}
/* report
class bounds
error[stingless::E0031]: 2 bytes at a variable offset are accessed through `data`, without a check against the end
  --> ./packet_wrong_pointer_checked.bpf.c:12:12
   |
 5 |     void *data = DATA(ctx), *data_end = DATA_END(ctx);
   |                  --------- `data` is loaded from the context
...
 9 |     struct tcphdr *tcp = (void *)ip + ip->ihl * 4;
   |                                       ------- `tcp` is loaded here
...
12 |     return tcp->dest == 80 ? 1 : 2;
   |            ^^^^^^^^^
   |
   = cause: the offset is 16..=76, 34 bytes are known to be there
   = path: line 7: `if ((void *)(ip + 1) > data_end)` goes on at line 9
   = help: check the end before the access: `if ((void *)(tcp + 1) > (void *)data_end) return 0;`
   = note: program `prog`; more about this: stingless check --explain E0031
*/
