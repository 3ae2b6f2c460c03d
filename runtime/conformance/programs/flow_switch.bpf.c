// hook: xdp
// run: data=00 inc64 -> 3
// run: data=01 inc64 -> 1
// run: data=02 inc64 -> 4
// run: data=03 inc64 -> 1
// run: data=63 inc64 -> 9
#include "corpus.h"

SEC("xdp") int decide(struct xdp_md *ctx)
{
	__u8 *p = DATA(ctx);

	if ((void *)(p + 1) > DATA_END(ctx))
		return 0;
	switch (*p) {
	case 0: return 3;
	case 1: return 1;
	case 2: return 4;
	case 3: return 1;
	default: return 9;
	}
}
