// An array of globals under a bounded index.
// hook: xdp
// run: data=03 inc64 -> 1
// run: data=13 inc64 -> 2
// run: data=04 inc64 -> 1
#include "corpus.h"

__u32 buckets[16];

SEC("xdp") int bucket(struct xdp_md *ctx)
{
	__u8 *p = DATA(ctx);

	if ((void *)(p + 1) > DATA_END(ctx))
		return 0;
	return ++buckets[*p & 15];
}
