#include "report.h"

SEC("xdp") int prog(struct xdp_md *ctx)
{
    struct value *v = bpf_map_lookup_elem(&table, &(__u32){ 0 });
    struct bpf_dynptr p;
    if (!v)
        return 0;
    bpf_dynptr_from_mem(v->data, sizeof(v->data), 0, &p);
    __u8 *d = bpf_dynptr_data(&p, ctx->rx_queue_index, 8);
    return d[7] & 1;
}

/* report
class null
error[stingless::E0020]: `d` is a pointer into a dynptr's memory that may be NULL
  --> ./dynptr_data_null.bpf.c:11:12
   |
10 |     __u8 *d = bpf_dynptr_data(&p, ctx->rx_queue_index, 8);
   |               ------------------------------------------- `d` comes from `bpf_dynptr_data`: NULL if the dynptr has fewer bytes, or may not be written
11 |     return d[7] & 1;
   |            ^^^^
   |
   = path: line 7: `if (!v)` goes on at line 9
   = help: check it before its use: `if (!d) return 0;`
   = note: program `prog`; more about this: stingless check --explain E0020
*/
