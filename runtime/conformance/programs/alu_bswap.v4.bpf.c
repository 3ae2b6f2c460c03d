// flags: -O2 -g -target bpf -mcpu=v4
// hook: xdp
// run: data=0102030405060708 inc64 -> 0x05060708
#include "corpus.h"

SEC("xdp") int swap(struct xdp_md *ctx)
{
	__u64 *p = DATA(ctx), v;

	if ((void *)(p + 1) > DATA_END(ctx))
		return 0;
	v = *p;
	asm volatile("%0 = bswap64 %0" : "+r"(v));
	return v;
}
