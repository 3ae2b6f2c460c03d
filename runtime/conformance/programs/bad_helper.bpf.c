// hook: xdp
// reject: env
#include "corpus.h"

static long (*const nothing)(int) = (void *)12345;

SEC("xdp") int bad(struct xdp_md *ctx)
{
	return nothing(1); /* REJECT */
}
