// hook: xdp
// run: data=0102030405060708 -> 0x30201
// kernel: no, loaders put the numbers in
// An older header's context: members in another order, one that is gone, one that came later. CO-RE puts each where the
// host has it.
#include "corpus.h"

struct xdp_md___old {
	__u32 rx_queue_index;
	__u32 gone;
	__u32 data_end;
	__u32 padding[7];
	__u32 data;
} __attribute__((preserve_access_index));

struct xdp_md___new {
	__u32 came_later;
} __attribute__((preserve_access_index));

SEC("xdp") int reordered(struct xdp_md___old *ctx)
{
	__u8 *data = DATA(ctx);
	struct xdp_md___new *newer = (void *)ctx;
	int r0 = 0;

	if (__builtin_preserve_field_info(ctx->gone, 2))
		r0 += ctx->gone + 0x1000000;
	if (__builtin_preserve_field_info(newer->came_later, 2))
		r0 += newer->came_later + 0x2000000;
	if (!__builtin_preserve_field_info(ctx->rx_queue_index, 2))
		r0 += 0x4000000;
	if (data + 3 > (__u8 *)DATA_END(ctx))
		return -1;
	return r0 + data[0] + (data[1] << 8) + (data[2] << 16);
}
