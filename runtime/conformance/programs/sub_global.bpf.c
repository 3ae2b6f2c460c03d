// Global functions are verified once, by their types alone.
// hook: xdp
// run: data=inc64 -> 4160
#include "corpus.h"

__noinline int scale(int value, int by)
{
	return value * by;
}

struct pair {
	__u32 a, b;
};

__noinline int fill(struct pair *p, __u32 a)
{
	if (!p)
		return -1;
	p->a = a;
	p->b = a + 1;
	return 0;
}

__noinline int length(struct xdp_md *ctx)
{
	return ctx->data_end - ctx->data;
}

SEC("xdp") int call(struct xdp_md *ctx)
{
	struct pair p = {};

	if (fill(&p, length(ctx)))
		return 0;
	return scale(p.a, p.b);
}
