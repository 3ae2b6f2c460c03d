// Division by zero gives 0, modulo by zero keeps the dividend; shifts are masked.
// hook: xdp
// run: data=00 inc64 -> 0x00640000
// run: data=07 inc64 -> 0x00020e00
#include "corpus.h"

SEC("xdp") int divide(struct xdp_md *ctx)
{
	__u8 *p = DATA(ctx);
	__u64 by, q, r;

	if ((void *)(p + 1) > DATA_END(ctx))
		return 0;
	by = *p;
	/* In assembly: in C it would be undefined. */
	asm volatile("%0 = 100; %1 = 100; %0 /= %2; %1 %%= %2" : "=&r"(q), "=&r"(r) : "r"(by));
	return r << 16 | q << 8;
}
