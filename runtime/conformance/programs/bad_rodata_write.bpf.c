// hook: xdp
// reject: type
#include "corpus.h"

const volatile __u32 fixed = 1;

SEC("xdp") int bad(struct xdp_md *ctx)
{
	*(volatile __u32 *)&fixed = 2; /* REJECT */
	return 0;
}
