/* Bounded loops, one in the other, that the compiler does not unroll; counters live on the stack. */
#include "large.h"

SEC("xdp") int loops(struct xdp_md *ctx)
{
	__u8 *a = area();
	__u64 total = 0;

	if (!a)
		return XDP_ABORTED;
#pragma clang loop unroll(disable)
	for (volatile int i = 0; i < N; i++) {
		int row = i;
#pragma clang loop unroll(disable)
		for (int j = 0; j < 20; j++) {
			__u64 at = row * 20 + j;
			HIDE(at);
			if (at >= sizeof(struct area))
				return XDP_DROP;
			if (a[at] & 1)
				total += a[at];
		}
	}
	return total & 1 ? XDP_PASS : XDP_DROP;
}
