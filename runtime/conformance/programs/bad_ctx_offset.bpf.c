// hook: xdp
// reject: ctx
#include "corpus.h"

SEC("xdp") int bad(struct xdp_md *ctx)
{
	return *(volatile __u32 *)((void *)ctx + 24); /* REJECT */
}
