// hook: xdp
// run: data=inc64 -> 17
// trace: len 64 of 5 -1 ff
#include "corpus.h"

SEC("xdp") int print(struct xdp_md *ctx)
{
	static const char text[] = "len %d of 5 %d %x";

	return bpf_trace_printk(text, sizeof(text), ctx->data_end - ctx->data, -1, 255);
}
