// Static variables and a string in .rodata.str.
// hook: xdp
// run: data=inc64 -> 0x6c65
#include "corpus.h"

static volatile int calls;

SEC("xdp") int strings(struct xdp_md *ctx)
{
	const char *text = "hello";
	const volatile char *p = text;

	calls++;
	return calls == 1 ? p[2] << 8 | p[1] : 0;
}
