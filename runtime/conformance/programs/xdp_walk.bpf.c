// A variable offset into a packet, bounded by what the packet says.
// hook: xdp
// run: data=05 inc64 -> 5
// run: data=ff inc64 -> 0
#include "corpus.h"

SEC("xdp") int walk(struct xdp_md *ctx)
{
	__u8 *p = DATA(ctx);
	void *end = DATA_END(ctx);
	__u32 off;

	if ((void *)(p + 1) > end)
		return 0;
	off = *p;
	p += off;
	if ((void *)(p + 2) > end)
		return 0;
	return p[1];
}
