// A bounded loop over a header: the IPv4 checksum, unrolled by nobody.
// hook: xdp
// run: data=00000000000000000000000000004500003c1c4640004006 0000 ac100a63ac100a0c -> 0xb1e6
// run: data=inc64 -> 0x190f
#include "corpus.h"

SEC("xdp") int checksum(struct xdp_md *ctx)
{
	__u8 *p = DATA(ctx) + 14;
	__u32 sum = 0;

	if ((void *)p + 20 > DATA_END(ctx))
		return 0;
#pragma clang loop unroll(disable)
	for (int i = 0; i < 20; i += 2)
		sum += p[i] << 8 | p[i + 1];
	sum = (sum & 0xffff) + (sum >> 16);
	sum = (sum & 0xffff) + (sum >> 16);
	return (__u16)~sum;
}
