// A program that is its own callback for exceptions.
// hook: xdp
// error: the callback for exceptions is `throws`, must be one other function of the object
#include "corpus.h"

SEC("xdp") __exception_cb(throws) int throws(struct xdp_md *ctx)
{
	bpf_throw(1);
	return 0;
}
