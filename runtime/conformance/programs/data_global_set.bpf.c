// `const volatile` set by the host: the branch that needs it set is live then.
// hook: xdp
// global limit: 3/4
// run: data=inc64 -> 30
#include "corpus.h"

const volatile __u32 limit = 0;

SEC("xdp") int use(struct xdp_md *ctx)
{
	if (!limit)
		return 1;
	return limit * 10;
}
