// A host's text is given to a helper as pointer and length.
// hook: test/event
// run: data=3132333435 -> 1 ctx=level:12345
#include "event.h"

SEC("test/event") int number(struct stingless_event *e)
{
	const char *p = e->text;
	unsigned long value;
	char copy[5];

	if ((const void *)(p + 5) > e->text_end)
		return EVENT_PASS;
	__builtin_memcpy(copy, p, 5);
	if (bpf_strtoul(copy, sizeof(copy), 10, &value) < 0)
		return EVENT_LIMIT;
	e->level = value;
	return EVENT_DENY;
}
