// hook: xdp
// run: data=inc64 -> 0
// run: data=inc64 -> 0
// ring events: 1/4 64/4, 2/4 64/4
#include "corpus.h"

struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, 4096);
} events SEC(".maps");

__u32 sequence;

SEC("xdp") int output(struct xdp_md *ctx)
{
	__u32 event[2] = { ++sequence, ctx->data_end - ctx->data };

	return bpf_ringbuf_output(&events, event, sizeof(event), 0);
}
