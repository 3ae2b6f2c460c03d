// A loop that its own counter alone ends, after 8,388,608 rounds: the deadline comes first.
// hook: test/event
// run: data=00 ctx=kind:3 -> 0
#include "event.h"

#define can_loop                                                          \
	({                                                                \
		__label__ end, next;                                      \
		int go = 1;                                               \
		asm volatile goto("may_goto %l[end]" : : : : end);        \
		goto next;                                                \
	end:	go = 0;                                                   \
	next:;                                                            \
		go;                                                       \
	})

SEC("test/event") int spin(struct stingless_event *e)
{
	__u32 rounds = e->kind;
	volatile __u32 n = 0;

	while (n < rounds && can_loop)
		n++;
	return EVENT_PASS;
}
