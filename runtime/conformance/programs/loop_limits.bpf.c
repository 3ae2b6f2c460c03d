// 1 << 23 iterations and one more, flags, none at all.
// hook: xdp
// run: data=inc64 -> 0x71600
#include "corpus.h"

static long once(__u64 i, void *ctx)
{
	return 1;
}

SEC("xdp") int limits(struct xdp_md *ctx)
{
	if (bpf_loop(1 << 23, once, (void *)0, 0) != 1)
		return 1;
	return -bpf_loop((1 << 23) + 1, once, (void *)0, 0) << 16 | -bpf_loop(1, once, (void *)0, 4) << 8 |
	       bpf_loop(0, once, (void *)0, 0);
}
