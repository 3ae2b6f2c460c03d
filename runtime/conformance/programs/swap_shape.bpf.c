// Hot reload: a map of another shape, which the live one's data does not fit.
// hook: test/event
// program: entry
// run: data=00 -> 0
#include "event.h"

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, __u64[2]);
} calls SEC(".maps");

SEC("test/event") int entry(struct stingless_event *e)
{
	__u32 key = 0;

	return bpf_map_lookup_elem(&calls, &key) ? EVENT_PASS : EVENT_LIMIT;
}
