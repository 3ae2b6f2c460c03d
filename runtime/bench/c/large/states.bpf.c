/* A parser's state machine over the first N bytes of a packet, unrolled: the paths of each byte meet again. */
#include "large.h"

SEC("xdp") int states(struct xdp_md *ctx)
{
	__u8 *p = DATA(ctx), *end = DATA_END(ctx);
	__u32 state = 0, hash = 0, words = 0;

	if (p + N > end)
		return XDP_PASS;
#pragma clang loop unroll(full)
	for (int i = 0; i < N; i++) {
		__u8 c = p[i];
		switch (state) {
		case 0:
			if (c == ' ') state = 1; else if (c == 0) state = 5; else hash = hash * 31 + c;
			break;
		case 1:
			if (c != ' ') { state = 2; words++; }
			break;
		case 2:
			if (c == ':') state = 3; else if (c == '\n') state = 4;
			break;
		case 3:
			state = c == '"' ? 4 : 0;
			break;
		case 4:
			if (c < 0x20) state = 0; else hash ^= c;
			break;
		default:
			return XDP_DROP;
		}
		HIDE(state);
		state &= 7;
	}
	__u8 *a = area();
	if (!a)
		return XDP_ABORTED;
	a[hash & 1023] = words;
	a[state] = 1;
	return XDP_PASS;
}
