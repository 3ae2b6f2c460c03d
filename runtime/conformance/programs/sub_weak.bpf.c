// A weak function of one's own is an ordinary one.
// hook: xdp
// run: data=inc64 -> 9
#include "corpus.h"

__weak __noinline int answer(int x)
{
	volatile int y = x;

	return y + 2;
}

SEC("xdp") int call(struct xdp_md *ctx)
{
	return answer(7);
}
