// A discarded record is never seen; the ones around it are.
// hook: xdp
// run: data=inc64 -> 3
// ring events: 1/8, 3/8
#include "corpus.h"

struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, 4096);
} events SEC(".maps");

SEC("xdp") int discard(struct xdp_md *ctx)
{
	int done = 0;

	for (__u64 i = 1; i < 4; i++) {
		__u64 *e = bpf_ringbuf_reserve(&events, sizeof(*e), 0);

		if (!e)
			return -1;
		*e = i;
		if (i == 2)
			bpf_ringbuf_discard(e, BPF_RB_NO_WAKEUP);
		else
			bpf_ringbuf_submit(e, BPF_RB_FORCE_WAKEUP);
		done++;
	}
	return done;
}
