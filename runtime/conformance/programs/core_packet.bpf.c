// hook: xdp
// kernel: no, the test's loader gives it no types
// run: data=0000000000000000000000000800 -> 0
// run: data=00000000000000000000000086dd4500005400004000401100000a0000010a000002 -> 0
// run: data=00000000000000000000000008004500005400004000401100000a0000010a000002 -> 0x45112
// Headers as `vmlinux.h` has them: each field is asked for by name, of a host without a kernel's types. These here are cut
// short and in another order: what the host says counts.
#include "corpus.h"

#pragma clang attribute push(__attribute__((preserve_access_index)), apply_to = record)
struct ethhdr {
	__u16 h_proto;
};

struct iphdr {
	__u8 protocol;
	__u8 ihl : 4, version : 4;
	union {
		struct {
			__u32 daddr;
		};
	};
};
#pragma clang attribute pop

SEC("xdp") int packet(struct xdp_md *ctx)
{
	struct ethhdr *eth = DATA(ctx);
	struct iphdr *ip;

	if ((void *)eth + 14 > DATA_END(ctx) || eth->h_proto != __builtin_bswap16(0x0800))
		return 0;
	ip = (void *)eth + 14;
	if ((void *)ip + 20 > DATA_END(ctx))
		return 0;
	return ip->version << 16 | ip->ihl << 12 | ip->protocol << 4 | (__builtin_bswap32(ip->daddr) & 15);
}
