// hook: xdp
// reject: encoding *
#include "corpus.h"

static __noinline int down(int x)
{
	volatile int y = x;

	return y ? down(y - 1) + y : 0;
}

SEC("xdp") int bad(struct xdp_md *ctx)
{
	return down(5);
}
