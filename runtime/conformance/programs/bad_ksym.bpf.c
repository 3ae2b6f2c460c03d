// hook: xdp
// reject: env
// kernel: no, names are looked up by loaders
#include "corpus.h"

extern int nobody_has_this(int x) __ksym;

SEC("xdp") int bad(struct xdp_md *ctx)
{
	return nobody_has_this(1); /* REJECT */
}
