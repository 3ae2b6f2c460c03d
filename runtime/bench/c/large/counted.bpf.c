/* N forks that meet at once. Which way was taken is counted, and the count is an index at the end: all ways differ. */
#include "large.h"

SEC("xdp") int counted(struct xdp_md *ctx)
{
	__u8 *p = DATA(ctx), *end = DATA_END(ctx);
	__u64 sum = 0;

	if (p + 64 > end)
		return XDP_PASS;
#pragma clang loop unroll(full)
	for (int i = 0; i < N; i++) {
		__u64 x = p[i & 63];
		HIDE(x);
		if (x > 100)
			sum += i;
		HIDE(sum);
	}
	__u8 *a = area();
	if (!a)
		return XDP_ABORTED;
	a[sum & 2047] = 1;
	return XDP_PASS;
}
