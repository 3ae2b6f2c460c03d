// The host's bytes are lent for reading.
// hook: test/event
// reject: type
#include "event.h"

SEC("test/event") int bad(struct stingless_event *e)
{
	char *p = (char *)e->text;

	if ((const void *)(p + 1) > e->text_end)
		return 0;
	*p = 1; /* REJECT */
	return 0;
}
