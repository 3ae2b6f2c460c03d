// A callback for exceptions that is not there.
// hook: xdp
// error: the callback for exceptions is `nowhere`, must be one other function of the object
#include "corpus.h"

SEC("xdp") __exception_cb(nowhere) int throws(struct xdp_md *ctx)
{
	bpf_throw(1);
	return 0;
}
