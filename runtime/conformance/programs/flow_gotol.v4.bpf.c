// flags: -O2 -g -target bpf -mcpu=v4
// hook: xdp
// run: data=inc64 -> 5
#include "corpus.h"

SEC("xdp") int far(struct xdp_md *ctx)
{
	asm volatile goto("gotol %l[over]" : : : : over);
	return 4;
over:
	return 5;
}
