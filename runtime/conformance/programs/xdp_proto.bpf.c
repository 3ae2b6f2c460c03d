// hook: xdp
// run: data=ffffffffffff0102030405060800450000 -> 2
// run: data=ffffffffffff010203040506 0806 450000 -> 1
#include "corpus.h"

SEC("xdp") int proto(struct xdp_md *ctx)
{
	struct eth *eth = DATA(ctx);

	if ((void *)(eth + 1) > DATA_END(ctx))
		return XDP_ABORTED;
	return eth->proto == bpf_htons(0x0800) ? XDP_PASS : XDP_DROP;
}
