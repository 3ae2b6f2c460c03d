// hook: xdp
// run: data=48454144 20 2f 00 0000000000000000 -> 4
// run: data=47455420 20 2f 00 0000000000000000 -> 1
#include "corpus.h"

static const char get[] = "GET ";
static const char head[] = "HEAD";

SEC("xdp") int method(struct xdp_md *ctx)
{
	char *p = DATA(ctx);
	char text[4];

	if ((void *)(p + 4) > DATA_END(ctx))
		return 0;
	__builtin_memcpy(text, p, 4);
	if (!bpf_strncmp(text, 4, get))
		return 1;
	if (bpf_strncmp(text, 4, get) < 0)
		return 2;
	return bpf_strncmp(text, 4, head) ? 3 : 4;
}
