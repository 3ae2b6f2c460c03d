// hook: xdp
// reject: provenance
#include "corpus.h"

SEC("xdp") int bad(struct xdp_md *ctx)
{
	long p = (long)ctx;

	asm volatile("%0 *= 2" : "+r"(p)); /* REJECT */
	return 0;
}
