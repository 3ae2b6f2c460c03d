#include "report.h"

SEC("xdp") int prog(struct xdp_md *ctx)
{
    void *data = DATA(ctx), *data_end = DATA_END(ctx);
    struct ethhdr *eth = data;
    if (data + sizeof(*eth) > data_end)
        return 1;
    __u16 proto = eth->h_proto;
    struct vlan { __u16 tci, proto; } *vlan = data + sizeof(*eth);
    for (int i = 0; i < 4; i++) {
        if (proto != 0x81)
            break;
        proto = vlan->proto;
        vlan++;
    }
    return proto == 8 ? 1 : 2;
}
/* report
class bounds
error[stingless::E0031]: bytes up to 18 are accessed through `data`, but only 14 are known to be there
  --> ./packet_vlan_loop.bpf.c:11:5
   |
 5 |     void *data = DATA(ctx), *data_end = DATA_END(ctx);
   |                  --------- `data` is loaded from the context
...
 7 |     if (data + sizeof(*eth) > data_end)
   |         ---- `data` is last checked here
...
11 |     for (int i = 0; i < 4; i++) {
   |     ^^^
   |     |
   |     `i` is counted here: one of its turns reaches too far
   |
   = cause: the offset is 16, 14 bytes are known to be there
   = path: line 7: `if (data + sizeof(*eth) > data_end)` goes on at line 11
           line 11: `for (int i = 0; i < 4; i++) {` goes on
   = help: check the end before the access: `if ((char *)data + 18 > (char *)data_end) return 0;`
   = note: program `prog`; more about this: stingless check --explain E0031
*/
