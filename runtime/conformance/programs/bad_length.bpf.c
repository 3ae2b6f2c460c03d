// A length that the packet chooses.
// hook: xdp
// reject: bounds
#include "corpus.h"

struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, 4096);
} events SEC(".maps");

SEC("xdp") int bad(struct xdp_md *ctx)
{
	__u64 buffer[2] = {};
	__u64 len = ctx->data_end - ctx->data;

	return bpf_ringbuf_output(&events, buffer, len, 0); /* REJECT */
}
