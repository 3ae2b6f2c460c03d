// flags: -O2 -g -target bpf -mcpu=v4
// hook: xdp
// run: data=80 inc64 -> 0xffffff80
// run: data=7f inc64 -> 0x7f
#include "corpus.h"

SEC("xdp") int movsx(struct xdp_md *ctx)
{
	__u8 *p = DATA(ctx);
	long wide;

	if ((void *)(p + 1) > DATA_END(ctx))
		return 0;
	wide = *p;
	asm volatile("%0 = (s8)%0" : "+r"(wide));
	if (wide != (__s8)*p)
		return 1;
	return wide;
}
