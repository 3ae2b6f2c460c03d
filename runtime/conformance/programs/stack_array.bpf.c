// A variable index into an initialised array on the stack.
// hook: xdp
// run: data=03 inc64 -> 0x33
// run: data=1f inc64 -> 0x77
#include "corpus.h"

SEC("xdp") int pick(struct xdp_md *ctx)
{
	volatile __u8 t[8];
	__u8 *p = DATA(ctx);

	if ((void *)(p + 1) > DATA_END(ctx))
		return 0;
	for (int i = 0; i < 8; i++)
		t[i] = i * 0x11;
	return t[*p & 7];
}
