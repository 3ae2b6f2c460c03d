// hook: xdp
// run: data=aabbccddeeff 010203040506 0800 11 -> 3 out=010203040506 aabbccddeeff 0800 11
#include "corpus.h"

SEC("xdp") int swap(struct xdp_md *ctx)
{
	struct eth *eth = DATA(ctx);
	__u8 mac[6];

	if ((void *)(eth + 1) > DATA_END(ctx))
		return XDP_ABORTED;
	__builtin_memcpy(mac, eth->dst, 6);
	__builtin_memcpy(eth->dst, eth->src, 6);
	__builtin_memcpy(eth->src, mac, 6);
	return XDP_TX;
}
