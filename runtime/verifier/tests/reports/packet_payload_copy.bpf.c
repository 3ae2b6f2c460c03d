#include "report.h"

SEC("xdp") int prog(struct xdp_md *ctx)
{
    __u8 *data = DATA(ctx), *data_end = DATA_END(ctx);
    __u32 key = 1;
    struct value *v = bpf_map_lookup_elem(&table, &key);
    if (!v)
        return 1;
    __u64 len = data_end - data;
    if (len > 40)
        len = 40;
#pragma clang loop unroll(disable)
    for (__u32 i = 0; i < len; i++)
        v->data[i] = data[i];
    return 2;
}
/* report
class provenance
error[stingless::E0052]: `data_end`, the pointer to the end of the data, is compared with r8, a pointer to packet data
  --> ./packet_payload_copy.bpf.c:14:5
   |
 5 |     __u8 *data = DATA(ctx), *data_end = DATA_END(ctx);
   |                                         ------------- `data_end` is loaded from the context
...
14 |     for (__u32 i = 0; i < len; i++)
   |     ^^^
   |
   = path: line 8: `if (!v)` goes on at line 14
   = note: program `prog`; more about this: stingless check --explain E0052
*/
