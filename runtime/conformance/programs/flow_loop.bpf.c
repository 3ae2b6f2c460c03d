// Loops that clang keeps: nested, with data-dependent ends.
// hook: xdp
// run: data=inc64 -> 2016
// run: data=0505050505050505050505050505 -> 70
#include "corpus.h"

SEC("xdp") int sum(struct xdp_md *ctx)
{
	__u8 *p = DATA(ctx);
	void *end = DATA_END(ctx);
	__u32 sum = 0;

#pragma clang loop unroll(disable)
	for (int i = 0; i < 128; i++) {
		if ((void *)(p + i + 1) > end)
			break;
		sum += p[i];
	}
	return sum;
}
