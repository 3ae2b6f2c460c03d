/* TCP options: N rounds of a kind and a length that moves the cursor by a number from the packet. */
#include "large.h"

static __always_inline int one(__u8 **p, __u8 *end, __u32 *mss, __u32 *scale)
{
	__u8 *o = *p;
	__u32 len;

	if (o + 1 > end || *o == 0)
		return 1;
	if (*o == 1) {
		*p = o + 1;
		return 0;
	}
	if (o + 2 > end)
		return 1;
	len = o[1];
	if (len < 2 || o + len > end)
		return 1;
	HIDE(o);
	if (*o == 2 && len == 4) {
		if (o + 4 > end)
			return 1;
		*mss = o[2] << 8 | o[3];
	} else if (*o == 3 && len == 3) {
		if (o + 3 > end)
			return 1;
		*scale = o[2];
	}
	*p = o + len;
	return 0;
}

SEC("xdp") int options(struct xdp_md *ctx)
{
	__u8 *p = DATA(ctx), *end = DATA_END(ctx);
	__u32 mss = 536, scale = 0;

	if (p + 54 > end)
		return XDP_PASS;
	p += 54;
#pragma clang loop unroll(full)
	for (int i = 0; i < N; i++)
		if (one(&p, end, &mss, &scale))
			break;
	__u8 *a = area();
	if (a && scale < 15)
		a[(mss << scale) & 4095] = 1;
	return XDP_PASS;
}
