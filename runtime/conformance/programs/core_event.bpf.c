// hook: test/event
// run: data=2f6164 ctx=kind:3,level:10 -> 1 ctx=kind:3,level:13
// run: data= ctx=kind:3,level:10 -> 0 ctx=kind:3,level:10
// A host's own context, as an older header had it: pointers and numbers find their places, stores too.
#include <stingless/bpf.h>

struct stingless_event {
	const char *text_end;
	const char *text;
	__u64 before;
	__u32 level;
	__u32 kind;
} __attribute__((preserve_access_index));

SEC("test/event") int fields(struct stingless_event *e)
{
	const char *p = e->text;

	if (p + 1 > e->text_end)
		return 0;
	if (*p == '/')
		e->level += e->kind;
	return 1;
}
