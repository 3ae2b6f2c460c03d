// The host's hook takes 0, 1 and 2.
// hook: test/event
// reject: type
#include "event.h"

SEC("test/event") int bad(struct stingless_event *e)
{
	return e->kind; /* REJECT */
}
