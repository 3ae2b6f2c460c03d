// All 512 bytes.
// hook: xdp
// run: data=inc64 -> 64
#include "corpus.h"

SEC("xdp") int whole(struct xdp_md *ctx)
{
	long sum;

	asm volatile("r2 = *(u32 *)(%1 + 4); r1 = *(u32 *)(%1 + 0); r2 -= r1;"
		     "*(u64 *)(r10 - 512) = r2; *(u64 *)(r10 - 8) = r2;"
		     "%0 = *(u64 *)(r10 - 512); r1 = *(u64 *)(r10 - 8); %0 += r1; %0 >>= 1"
		     : "=&r"(sum) : "r"(ctx) : "r1", "r2", "memory");
	return sum;
}
