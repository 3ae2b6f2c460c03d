// 64-bit multiplication, shifts of both kinds, comparison of both kinds.
// hook: xdp
// run: data=ffffffffffffffff inc64 -> 0x3f
// run: data=0100000000000000 inc64 -> 0x15
#include "corpus.h"

SEC("xdp") int wide(struct xdp_md *ctx)
{
	__u64 *p = DATA(ctx);
	__s64 s;
	__u64 u, out = 1;

	if ((void *)(p + 1) > DATA_END(ctx))
		return 0;
	u = *(volatile __u64 *)p;
	s = u;
	out |= (s < 0) << 1;
	out |= (u * 0x100000001 == (u << 32) + u) << 2;
	out |= (s >> 63 == -1) << 3;
	out |= (u >> 63 == (s < 0)) << 4;
	out |= ((__s32)u == -1 && (__u32)u == 0xffffffff) << 5;
	return out;
}
