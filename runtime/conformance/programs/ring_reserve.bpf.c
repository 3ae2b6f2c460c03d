// hook: xdp
// run: data=inc64 -> 24
// ring events: 0001020304050607 0011223344556677 5555555555555555
#include "corpus.h"

struct event {
	__u8 head[8];
	__u64 a, b;
};

struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, 4096);
} events SEC(".maps");

SEC("xdp") int reserve(struct xdp_md *ctx)
{
	__u8 *p = DATA(ctx);
	struct event *e = bpf_ringbuf_reserve(&events, sizeof(*e), 0);

	if (!e)
		return 0;
	if ((void *)(p + 8) > DATA_END(ctx)) {
		bpf_ringbuf_discard(e, 0);
		return 1;
	}
	__builtin_memcpy(e->head, p, 8);
	e->a = 0x7766554433221100;
	e->b = 0x5555555555555555;
	bpf_ringbuf_submit(e, 0);
	return sizeof(*e);
}
