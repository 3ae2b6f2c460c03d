#include "report.h"

SEC("xdp") int prog(struct xdp_md *ctx)
{
    void *data = DATA(ctx), *data_end = DATA_END(ctx);
    struct ethhdr *eth = data;
    int proto = eth->h_proto;
    if (data + sizeof(*eth) > data_end)
        return 1;
    return proto == 8 ? 1 : 2;
}
