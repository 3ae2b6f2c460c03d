/* N forks that meet at once: what differs after them is never relied on. */
#include "large.h"

SEC("xdp") int diamonds(struct xdp_md *ctx)
{
	__u8 *p = DATA(ctx), *end = DATA_END(ctx);
	__u64 sum = 0, other = 0;

	if (p + 64 > end)
		return XDP_PASS;
#pragma clang loop unroll(full)
	for (int i = 0; i < N; i++) {
		__u64 x = p[i & 63];
		HIDE(x);
		if (x > i % 200)
			sum += x;
		else
			other ^= x + i;
		HIDE(sum);
		HIDE(other);
	}
	__u8 *a = area();
	if (!a)
		return XDP_ABORTED;
	a[0] = sum ^ other;
	return XDP_PASS;
}
