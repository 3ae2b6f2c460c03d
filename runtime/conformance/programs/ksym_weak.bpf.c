// A helper by name that nobody has is tested for and not called.
// hook: xdp
// run: data=inc64 -> 3
// kernel: no, names are looked up by loaders
#include "corpus.h"

extern int nobody_has_this(int x) __ksym __weak;

SEC("xdp") int weak(struct xdp_md *ctx)
{
	if (nobody_has_this)
		return nobody_has_this(1);
	return 3;
}
