// hook: xdp
// reject: reference *
#include "corpus.h"

struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, 4096);
} events SEC(".maps");

SEC("xdp") int bad(struct xdp_md *ctx)
{
	__u64 *e = bpf_ringbuf_reserve(&events, 8, 0);

	if (!e)
		return 1;
	*e = 1;
	if (ctx->data_end - ctx->data > 64)
		bpf_ringbuf_submit(e, 0);
	return 0;
}
