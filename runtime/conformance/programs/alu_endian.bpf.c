// hook: xdp
// run: data=0102030405060708 inc64 -> 0x02010405
#include "corpus.h"

SEC("xdp") int endian(struct xdp_md *ctx)
{
	__u16 *p = DATA(ctx);
	__u32 a, b;

	if ((void *)(p + 4) > DATA_END(ctx))
		return 0;
	a = bpf_ntohs(p[0]);
	b = bpf_ntohl(*(__u32 *)(p + 1));
	return (__u32)((a & 0xff) << 24 | (a >> 8) << 16) | (b >> 8 & 0xffff);
}
