// hook: xdp
// reject: uninit
// kernel: accepts, where CAP_PERFMON is there
#include "corpus.h"

SEC("xdp") int bad(struct xdp_md *ctx)
{
	long v;

	asm volatile("%0 = *(u64 *)(r10 - 64)" : "=r"(v)); /* REJECT */
	return v;
}
