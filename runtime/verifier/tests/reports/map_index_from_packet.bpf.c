#include "report.h"

SEC("xdp") int prog(struct xdp_md *ctx)
{
    __u8 *data = DATA(ctx), *data_end = DATA_END(ctx);
    __u32 key = 0;
    struct value *v = bpf_map_lookup_elem(&table, &key);
    if (!v || data + 38 > data_end)
        return 1;
    __u16 port = *(__u16 *)(data + 36);
    v->data[port] = 1;
    return 2;
}
/* report
class bounds
error[stingless::E0030]: the value of map `table` has 48 bytes, the access may end at 65544
  --> ./map_index_from_packet.bpf.c:11:5
   |
 7 |     struct value *v = bpf_map_lookup_elem(&table, &key);
   |                       --------------------------------- `v` comes from `bpf_map_lookup_elem`
...
10 |     __u16 port = *(__u16 *)(data + 36);
   |                  --------------------- `port` is loaded here
11 |     v->data[port] = 1;
   |     ^^^^^^^^^^^^^^^^^
   |
   = cause: the offset is 8..=65543
   = path: line 8: `if (!v || data + 38 > data_end)` goes on at line 10
   = help: check it before its use: `if (port >= sizeof(v->data)) return 0;`
   = note: program `prog`; more about this: stingless check --explain E0030
*/
