// hook: xdp
// run: data=inc64 -> 136
#include "corpus.h"

static __noinline __u32 mix(__u32 a, __u32 b, __u32 c, __u32 d, __u32 e)
{
	return a * 1 + b * 2 + c * 3 + d * 4 + e * 5;
}

static __noinline void store(__u32 *out, __u32 value)
{
	*out = value;
}

SEC("xdp") int call(struct xdp_md *ctx)
{
	__u32 len = ctx->data_end - ctx->data, a;

	store(&a, mix(len, 1, 2, 3, 4));
	return a + mix(1, 1, 1, 1, 1) + 17;
}
