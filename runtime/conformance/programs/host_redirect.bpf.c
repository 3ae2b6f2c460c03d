// Sends frames where a map says, by the queue they came in by; those of queue 99 to interface 99.
// hook: xdp
// run: data=inc64 -> 2
// run: data=inc64 ctx=rx_queue_index:99 -> 4
// kernel: no, a test run there has no such queue
#include "packet.h"

struct {
	__uint(type, BPF_MAP_TYPE_DEVMAP);
	__uint(max_entries, 4);
	__type(key, __u32);
	__type(value, __u32);
} devs SEC(".maps");

SEC("xdp") int host_redirect(struct xdp_md *ctx)
{
	if (ctx->rx_queue_index == 99)
		return bpf_redirect(99, 0);
	return bpf_redirect_map(&devs, ctx->rx_queue_index, XDP_PASS);
}
