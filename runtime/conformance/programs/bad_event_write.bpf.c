// hook: test/event
// reject: ctx
#include "event.h"

SEC("test/event") int bad(struct stingless_event *e)
{
	*(volatile __u32 *)&e->kind = 1; /* REJECT */
	return 0;
}
