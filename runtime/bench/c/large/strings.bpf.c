/* Strings of unknown length, one behind the other in a record of a known size: N of them, sent when they are long. */
#include "large.h"

struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, 65536);
} ring SEC(".maps");

SEC("xdp") int strings(struct xdp_md *ctx)
{
	__u8 *p = DATA(ctx), *end = DATA_END(ctx);
	__u8 *a = area();
	__u64 used = 0;

	if (!a || p + 256 > end)
		return XDP_PASS;
#pragma clang loop unroll(full)
	for (int i = 0; i < N; i++) {
		__u32 len = *(__u32 *)(p + (i & 63) * 4);
		HIDE(len);
		if (len == 0 || len > 64)
			continue;
		if (used > sizeof(struct area) - 64)
			break;
		a[used] = i;
		if (bpf_ringbuf_output(&ring, a + used, len, 0) == 0)
			used += len;
	}
	return used & 1 ? XDP_PASS : XDP_DROP;
}
