// A helper that fails while a record is held: the record is given back, the host goes on.
// hook: test/event
// run: data=00 ctx=kind:0,level:5 -> 0
// ring events: 5/8
#include "event.h"

struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, 4096);
} events SEC(".maps");

SEC("test/event") int fail(struct stingless_event *e)
{
	__u64 *record = bpf_ringbuf_reserve(&events, sizeof(*record), 0);

	if (!record)
		return EVENT_LIMIT;
	*record = e->level;
	event_fail(e->kind); /* TRAP */
	bpf_ringbuf_submit(record, 0);
	return EVENT_PASS;
}
