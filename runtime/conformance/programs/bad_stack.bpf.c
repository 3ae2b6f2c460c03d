// Two frames of 400 bytes.
// hook: xdp
// reject: stack *
#include "corpus.h"

static __noinline int deep(int x)
{
	asm volatile("*(u64 *)(r10 - 400) = %0" : : "r"((__u64)x) : "memory");
	return x;
}

SEC("xdp") int bad(struct xdp_md *ctx)
{
	asm volatile("*(u64 *)(r10 - 400) = %0" : : "r"(1ULL) : "memory");
	return deep(ctx->rx_queue_index);
}
