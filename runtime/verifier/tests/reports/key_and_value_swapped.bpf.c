#include "report.h"

SEC("xdp") int prog(struct xdp_md *ctx)
{
    struct value v = {};
    __u32 key = 7;
    bpf_map_update_elem(&table, &v, &key, 0);
    return 2;
}
