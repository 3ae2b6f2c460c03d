// Loops within loops: proved to end, and far too long. A record is held meanwhile.
// hook: test/event
// run: data=00 ctx=kind:0,level:9 -> 0
// ring events: 9/8
#include "event.h"

struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, 4096);
} events SEC(".maps");

static long innermost(__u64 i, void *ctx)
{
	return 0;
}

static long inner(__u64 i, void *ctx)
{
	bpf_loop(1 << 23, innermost, (void *)0, 0);
	return 0;
}

SEC("test/event") int slow(struct stingless_event *e)
{
	__u64 *record = bpf_ringbuf_reserve(&events, sizeof(*record), 0);

	if (!record)
		return EVENT_LIMIT;
	*record = e->level;
	bpf_loop(e->kind, inner, (void *)0, 0);
	bpf_ringbuf_submit(record, 0);
	return EVENT_PASS;
}
