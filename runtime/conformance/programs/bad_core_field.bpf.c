// hook: xdp
// reject: env
// kernel: no, loaders put the numbers in
#include "corpus.h"

struct xdp_md___old {
	__u32 data_end;
	__u32 gone;
} __attribute__((preserve_access_index));

SEC("xdp") int bad(struct xdp_md___old *ctx)
{
	return ctx->gone; /* REJECT */
}
