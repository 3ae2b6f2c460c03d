// How many records of 120 bytes (and 8 of header) a ring of 4096 takes; then NULL, and -EAGAIN for output.
// hook: xdp
// run: data=inc64 -> 0x1f0b
#include "corpus.h"

struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, 4096);
} events SEC(".maps");

SEC("xdp") int full(struct xdp_md *ctx)
{
	__u64 word = 0;
	int n = 0;

	for (int i = 0; i < 40; i++) {
		void *e = bpf_ringbuf_reserve(&events, 120, 0);

		if (!e)
			break;
		bpf_ringbuf_submit(e, 0);
		n++;
	}
	for (int i = 0; i < 16; i++)
		if (bpf_ringbuf_output(&events, &word, 8, 0))
			break;
	return n << 8 | -bpf_ringbuf_output(&events, &word, 8, 0);
}
