// A helper of the host by number, one by name, and the host's state behind it.
// hook: test/event
// run: data=00 ctx=kind:21 -> 2
// run: data=00 ctx=kind:22 -> 0
#include "event.h"

extern __u64 event_twice(__u64 x) __ksym;

SEC("test/event") int helper(struct stingless_event *e)
{
	return event_twice(e->kind) == event_limit(0) ? EVENT_LIMIT : EVENT_PASS;
}
