// hook: xdp
// run: data=inc64 -> 0x80007
#include "corpus.h"

struct state {
	__u32 last;
};

static long until_seven(__u64 i, struct state *s)
{
	s->last = i;
	return i == 7;
}

SEC("xdp") int stop(struct xdp_md *ctx)
{
	struct state s = {};
	long n = bpf_loop(1000, until_seven, &s, 0);

	return n << 16 | s.last;
}
