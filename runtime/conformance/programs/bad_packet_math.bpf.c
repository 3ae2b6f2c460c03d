// An offset from the packet that is too large for the pointer to stay meaningful.
// hook: xdp
// reject: bounds
#include "corpus.h"

SEC("xdp") int bad(struct xdp_md *ctx)
{
	__u32 *p = DATA(ctx);
	__u32 off;

	if ((void *)(p + 1) > DATA_END(ctx))
		return 0;
	off = *p;
	return *(volatile __u8 *)((void *)p + off); /* REJECT */
}
