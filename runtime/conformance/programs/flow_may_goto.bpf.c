// A loop without a bound that the verifier sees: may_goto brings its own.
// hook: xdp
// run: data=inc64 -> 1000
#include "corpus.h"

#define can_loop                                                          \
	({                                                                \
		__label__ end, next;                                      \
		int go = 1;                                               \
		asm volatile goto("may_goto %l[end]" : : : : end);        \
		goto next;                                                \
	end:	go = 0;                                                   \
	next:;                                                            \
		go;                                                       \
	})

__u32 limit = 1000;

SEC("xdp") int spin(struct xdp_md *ctx)
{
	volatile __u32 n = 0;

	while (n < limit && can_loop)
		n++;
	return n;
}
