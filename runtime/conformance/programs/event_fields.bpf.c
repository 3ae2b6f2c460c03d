// A hook of the host: plain fields, one of them writable, and bytes.
// hook: test/event
// run: data=2f6164 ctx=kind:3,level:10 -> 1 ctx=kind:3,level:13
// run: data= ctx=kind:3,level:10 -> 0 ctx=kind:3,level:10
#include "event.h"

SEC("test/event") int fields(struct stingless_event *e)
{
	const char *p = e->text;

	if ((const void *)(p + 1) > e->text_end)
		return EVENT_PASS;
	if (*p == '/')
		e->level += e->kind;
	return EVENT_DENY;
}
