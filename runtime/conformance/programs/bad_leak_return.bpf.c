// hook: xdp
// reject: provenance
// kernel: accepts, where CAP_PERFMON is there
#include "corpus.h"

SEC("xdp") int bad(struct xdp_md *ctx)
{
	return (long)ctx; /* REJECT */
}
