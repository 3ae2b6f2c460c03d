#include "report.h"

struct flow { __u8 proto; __u32 addr; };
struct {
    __uint(type, BPF_MAP_TYPE_HASH);
    __uint(max_entries, 64);
    __type(key, struct flow);
    __type(value, __u64);
} flows SEC(".maps");

SEC("xdp") int prog(struct xdp_md *ctx)
{
    struct flow flow = { .proto = 6, .addr = ctx->rx_queue_index };
    __u64 *n = bpf_map_lookup_elem(&flows, &flow);
    if (n)
        *n += 1;
    return 2;
}
/* report
class uninit
error[stingless::E0011]: byte 1 of what `&flow` points to is read but was never written on this path
  --> ./key_padding.bpf.c:14:16
   |
13 |     struct flow flow = { .proto = 6, .addr = ctx->rx_queue_index };
   |                        ------------------------------------------- this is written, byte 1 of it is not
14 |     __u64 *n = bpf_map_lookup_elem(&flows, &flow);
   |                ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
   |
   = helper: long bpf_map_lookup_elem(void *map, const void *key)
   = help: clear it before it is filled in, padding included: `__builtin_memset(&flow, 0, sizeof(flow));`
   = note: program `prog`; more about this: stingless check --explain E0011
*/
