// Bytes copied from the packet and to it, at both ends and beyond.
// hook: xdp
// run: data=inc64 -> 0x79517993
#include "packet.h"

SEC("xdp") int bytes(struct xdp_md *ctx)
{
	__u8 buf[16] = {};
	__u32 sum = bpf_xdp_get_buff_len(ctx);

	MIX(sum, bpf_xdp_load_bytes(ctx, 48, buf, 16));
	MIX(sum, buf[0] + buf[15]);
	MIX(sum, bpf_xdp_load_bytes(ctx, 49, buf, 16));
	MIX(sum, bpf_xdp_load_bytes(ctx, 65536, buf, 16));
	buf[0] = 9;
	MIX(sum, bpf_xdp_store_bytes(ctx, 0, buf, 1));
	MIX(sum, bpf_xdp_load_bytes(ctx, 30, buf, 4));
	buf[0] = 1;
	MIX(sum, bpf_xdp_store_bytes(ctx, 61, buf, 4));
	MIX(sum, bpf_xdp_store_bytes(ctx, 30, buf, 1));
	buf[0] = 30;
	MIX(sum, bpf_xdp_store_bytes(ctx, 30, buf, 1));
	return sum;
}
