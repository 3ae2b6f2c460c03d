// A callback returns 0 or 1.
// hook: xdp
// reject: type
#include "corpus.h"

static long two(__u64 i, void *ctx)
{
	return 2; /* REJECT */
}

SEC("xdp") int bad(struct xdp_md *ctx)
{
	return bpf_loop(3, two, (void *)0, 0);
}
