// A loop that moves a packet pointer.
// hook: xdp
// run: data=000000000000000000000000810000018100000208004500 -> 0x0800
// run: data=inc64 -> 0x0c0d
#include "corpus.h"

SEC("xdp") int vlan(struct xdp_md *ctx)
{
	__u8 *p = DATA(ctx) + 12;
	void *end = DATA_END(ctx);
	__u16 proto;

	for (int i = 0; i < 4; i++) {
		if ((void *)p + 2 > end)
			return 0;
		proto = p[0] << 8 | p[1];
		if (proto != 0x8100)
			return proto;
		p += 4;
	}
	return 1;
}
