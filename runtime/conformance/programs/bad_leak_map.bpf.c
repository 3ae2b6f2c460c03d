// hook: xdp
// reject: provenance
// kernel: accepts, where CAP_PERFMON is there
#include "corpus.h"

__u64 where;

SEC("xdp") int bad(struct xdp_md *ctx)
{
	where = (long)ctx; /* REJECT */
	return 0;
}
