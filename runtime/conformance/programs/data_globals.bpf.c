// .data and .bss change, and keep what one run left for the next.
// hook: xdp
// run: data=inc64 -> 1007
// run: data=inc64 -> 2014
// map .data: 2000/8
// map .bss: 0/8 14/8
#include "corpus.h"

__u64 steps = 0;
__u64 total = 7;
__u64 zero;

SEC("xdp") int globals(struct xdp_md *ctx)
{
	zero += 7;
	total = total == 7 ? 1000 : total + 1000;
	return total + zero;
}
