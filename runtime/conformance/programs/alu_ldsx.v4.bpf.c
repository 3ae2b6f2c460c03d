// flags: -O2 -g -target bpf -mcpu=v4
// hook: xdp
// run: data=ff 80ff 00000080 inc64 -> 7
// run: data=01 0100 01000000 inc64 -> 0
#include "corpus.h"

struct pack {
	__s8 a;
	__s16 b;
	__s32 c;
} __attribute__((packed));

SEC("xdp") int ldsx(struct xdp_md *ctx)
{
	struct pack *p = DATA(ctx);
	__s64 a, b, c;

	if ((void *)(p + 1) > DATA_END(ctx))
		return 0;
	asm volatile("%0 = *(s8 *)(%1 + 0)" : "=r"(a) : "r"(p));
	asm volatile("%0 = *(s16 *)(%1 + 1)" : "=r"(b) : "r"(p));
	asm volatile("%0 = *(s32 *)(%1 + 3)" : "=r"(c) : "r"(p));
	return (a < 0) | (b < 0) << 1 | (c < 0) << 2;
}
