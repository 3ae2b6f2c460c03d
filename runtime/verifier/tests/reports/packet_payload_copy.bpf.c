#include "report.h"

SEC("xdp") int prog(struct xdp_md *ctx)
{
    __u8 *data = DATA(ctx), *data_end = DATA_END(ctx);
    __u32 key = 1;
    struct value *v = bpf_map_lookup_elem(&table, &key);
    if (!v || data + 34 > data_end)
        return 1;
    __u32 len = *(__u16 *)(data + 16) & 31;
#pragma clang loop unroll(disable)
    for (__u32 i = 0; i < len; i++)
        v->data[i] = data[34 + i];
    return 2;
}
/* report
class bounds
error[stingless::E0031]: bytes up to 35 are accessed through `data`, but only 34 are known to be there
  --> ./packet_payload_copy.bpf.c:13:22
   |
 5 |     __u8 *data = DATA(ctx), *data_end = DATA_END(ctx);
   |                  --------- `data` is loaded from the context
...
 8 |     if (!v || data + 34 > data_end)
   |            ------------------------ `data` is last checked here
...
12 |     for (__u32 i = 0; i < len; i++)
   |     --- `i` is counted here: one of its turns reaches too far
13 |         v->data[i] = data[34 + i];
   |                      ^^^^^^^^^^^^
   |
   = cause: the offset is 34, 34 bytes are known to be there
   = path: line 8: `if (!v || data + 34 > data_end)` goes on at line 10
           line 12: `for (__u32 i = 0; i < len; i++)` goes on at line 13
   = help: check the end before the access: `asm volatile("" : "+r"(i)); if ((void *)(data + 34 + i + 1) > (void *)data_end) return 0;` (the first part keeps the compiler from taking the check out of the loop)
   = note: program `prog`; more about this: stingless check --explain E0031
*/
