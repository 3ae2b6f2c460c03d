// Differences of checksums: of bytes that come, that go, of both, of none; of lengths that are no multiple of 4.
// hook: xdp
// run: data=inc64 -> 0xe4b99574
// run: data=00000000000000000000000000004500003c1c4640004006 0000 ac100a63ac100a0c inc30 -> 0x27a24bdf
#include "packet.h"

SEC("xdp") int diff(struct xdp_md *ctx)
{
	__u8 *p = DATA(ctx);
	__u32 words[4] = { 0xffffffff, 1, 0x80000000, 0 };
	__u32 sum = 0;

	if ((void *)(p + 64) > DATA_END(ctx))
		return 0;
	MIX(sum, bpf_csum_diff(0, 0, (void *)p, 64, 0));
	MIX(sum, bpf_csum_diff((void *)p, 32, (void *)(p + 32), 32, 0));
	MIX(sum, bpf_csum_diff((void *)(p + 12), 20, 0, 0, 0x1234));
	MIX(sum, bpf_csum_diff(0, 0, words, 16, 0xffff0000));
	MIX(sum, bpf_csum_diff(words, 8, words + 2, 8, 0xffffffff));
	MIX(sum, bpf_csum_diff(words, 4, words, 16, 7));
	MIX(sum, bpf_csum_diff(0, 0, 0, 0, 0));
	MIX(sum, bpf_csum_diff(0, 0, 0, 0, 0x12345678));
	MIX(sum, bpf_csum_diff(words, 3, words, 4, 0));
	MIX(sum, bpf_csum_diff(words, 4, words, 6, 0));
	return sum;
}
