// hook: xdp
// run: data=inc64 -> 4950
#include "corpus.h"

static long add(__u64 i, __u32 *sum)
{
	*sum += i;
	return 0;
}

SEC("xdp") int sum(struct xdp_md *ctx)
{
	__u32 sum = 0;

	if (bpf_loop(100, add, &sum, 0) != 100)
		return -1;
	return sum;
}
