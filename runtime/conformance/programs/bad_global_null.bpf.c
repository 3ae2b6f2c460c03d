// A global function's pointer may be NULL.
// hook: xdp
// reject: null
#include "corpus.h"

__noinline int first(int *p)
{
	return *p; /* REJECT */
}

SEC("xdp") int bad(struct xdp_md *ctx)
{
	int x = 1;

	return first(&x);
}
