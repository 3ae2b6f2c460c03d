// hook: xdp
// reject: bounds
#include "corpus.h"

SEC("xdp") int bad(struct xdp_md *ctx)
{
	__u8 *p = DATA(ctx);

	if ((void *)(p + 13) > DATA_END(ctx))
		return 0;
	return p[13]; /* REJECT */
}
