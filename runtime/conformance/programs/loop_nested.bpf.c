// Callbacks that call back; the inner one writes to the frame of the outermost.
// hook: xdp
// run: data=inc64 -> 60
#include "corpus.h"

static long inner(__u64 i, __u32 **sum)
{
	**sum += 1;
	return 0;
}

static long outer(__u64 i, __u32 *sum)
{
	__u32 *kept = sum;

	bpf_loop(i, inner, &kept, 0);
	*sum += 2;
	return 0;
}

SEC("xdp") int nested(struct xdp_md *ctx)
{
	__u32 sum = 5;

	bpf_loop(10, outer, &sum, 0);
	return sum - 10;
}
