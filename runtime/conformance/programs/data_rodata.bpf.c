// Constants that the host may set before the load, and a table indexed by data.
// hook: xdp
// run: data=02 inc64 -> 35
// run: data=07 inc64 -> 5
// run: data=ff inc64 -> 5
#include "corpus.h"

const volatile __u32 base = 5;
static const __u32 squares[8] = { 0, 10, 30, 60, 100, 150, 210, 0 };

SEC("xdp") int table(struct xdp_md *ctx)
{
	__u8 *p = DATA(ctx);
	__u32 i;

	if ((void *)(p + 1) > DATA_END(ctx))
		return 0;
	i = *p & 7;
	return base + *(volatile const __u32 *)&squares[i];
}
