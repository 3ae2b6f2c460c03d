/* A profiler's stack walk: N frames, each read by a function that is not inlined, with strings copied to a record. */
#include "large.h"

struct frame {
	__u64 back, code;
	__u32 line, len;
};

static __noinline int read_frame(__u8 *a, __u64 at, struct frame *f)
{
	if (at > sizeof(struct area) - sizeof(struct frame))
		return -1;
	struct frame *from = (struct frame *)(a + at);
	f->back = from->back;
	f->code = from->code;
	f->line = from->line;
	f->len = from->len;
	if (f->len > 64)
		f->len = 64;
	return f->code & 1;
}

SEC("xdp") int frames(struct xdp_md *ctx)
{
	__u8 *a = area();
	__u64 at = ctx->rx_queue_index, total = 0;
	struct frame f;

	if (!a)
		return XDP_ABORTED;
#pragma clang loop unroll(full)
	for (int i = 0; i < N; i++) {
		int kind = read_frame(a, at, &f);
		if (kind < 0)
			break;
		__u64 *sym = bpf_map_lookup_elem(&table, &f.code);
		if (sym) {
			total += *sym;
		} else {
			__u64 id = total + f.line;
			bpf_map_update_elem(&table, &f.code, &id, BPF_ANY);
		}
		if (kind)
			total += f.len;
		at = f.back;
	}
	if (total < sizeof(struct area))
		a[total] = 1;
	return XDP_PASS;
}
