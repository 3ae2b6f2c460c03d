// A program with two callbacks for exceptions.
// hook: xdp
// error: must be one other function of the object
#include "corpus.h"

int one(__u64 cookie)
{
	return 1;
}

int other(__u64 cookie)
{
	return 2;
}

SEC("xdp") __exception_cb(one) __exception_cb(other) int throws(struct xdp_md *ctx)
{
	bpf_throw(1);
	return 0;
}
