// Nine frames.
// hook: xdp
// reject: stack *
#include "corpus.h"

#define LEVEL(name, next)                         \
	static __noinline int name(int x)         \
	{                                         \
		volatile int y = x + 1;           \
		return next(y) + 5;               \
	}

static __noinline int f8(int x)
{
	volatile int y = x;

	return y + 1;
}
LEVEL(f7, f8)
LEVEL(f6, f7)
LEVEL(f5, f6)
LEVEL(f4, f5)
LEVEL(f3, f4)
LEVEL(f2, f3)
LEVEL(f1, f2)

SEC("xdp") int bad(struct xdp_md *ctx)
{
	return f1(ctx->data_end - ctx->data);
}
