// flags: -O2 -g -target bpf -mcpu=v4
// hook: xdp
// run: data=f9ffffff inc64 -> 0xfdff
// run: data=07000000 inc64 -> 0x0301
#include "corpus.h"

SEC("xdp") int sdiv(struct xdp_md *ctx)
{
	__s32 *p = DATA(ctx);

	if ((void *)(p + 1) > DATA_END(ctx))
		return 0;
	return (*p / 2 & 0xff) << 8 | (*p % 2 & 0xff);
}
