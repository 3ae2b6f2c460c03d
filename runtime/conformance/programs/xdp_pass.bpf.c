// hook: xdp
// run: data=inc64 -> 2
#include "corpus.h"

SEC("xdp") int pass(struct xdp_md *ctx)
{
	return XDP_PASS;
}
