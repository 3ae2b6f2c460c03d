// S64_MIN s/ -1 does not trap; s/ 0 gives 0.
// flags: -O2 -g -target bpf -mcpu=v4
// hook: xdp
// run: data=inc64 -> 7
#include "corpus.h"

SEC("xdp") int edge(struct xdp_md *ctx)
{
	__s64 a, b, c, minus = (int)(ctx->data_end - ctx->data - 65), zero = minus + 1;

	asm volatile("%0 = 1; %0 <<= 63; %0 s/= %1" : "=&r"(a) : "r"(minus));
	asm volatile("%0 = 1; %0 <<= 63; %0 s%%= %1" : "=&r"(b) : "r"(minus));
	asm volatile("%0 = 5; %0 s/= %1" : "=&r"(c) : "r"(zero));
	return (a == (__s64)(1ULL << 63)) | (b == 0) << 1 | (c == 0) << 2;
}
