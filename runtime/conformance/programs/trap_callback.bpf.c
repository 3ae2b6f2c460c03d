// A helper that fails inside of a callback inside of a walk over a map.
// hook: test/event
// init h: 1/4=1/8 2/4=2/8
// run: data=00 ctx=kind:0 -> 2
// map h: 1/4=2/8 2/4=3/8
#include "event.h"

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 8);
	__type(key, __u32);
	__type(value, __u64);
} h SEC(".maps");

struct how {
	__u64 kind;
};

static long visit(void *map, __u32 *key, __u64 *value, struct how *how)
{
	event_fail(how->kind); /* TRAP */
	*value += 1;
	return 0;
}

SEC("test/event") int fail(struct stingless_event *e)
{
	struct how how = { e->kind };
	long n = bpf_for_each_map_elem(&h, visit, &how, 0);

	return n == 2 ? EVENT_LIMIT : EVENT_PASS;
}
