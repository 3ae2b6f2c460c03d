// A loop whose counter never meets its end.
// hook: xdp
// reject: loop-or-budget *
#include "corpus.h"

SEC("xdp") int bad(struct xdp_md *ctx)
{
	volatile __u64 n = 0;

	while (n < 1ULL << 40)
		n++;
	return 0;
}
