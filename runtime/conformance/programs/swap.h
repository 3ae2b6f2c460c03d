/* Two generations of one object, told apart by every part of them. SPDX-License-Identifier: Apache-2.0 OR MIT */

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, __u64);
} calls SEC(".maps");

const volatile __u32 generation = GENERATION;

SEC("test/event") int target(struct stingless_event *e)
{
	__u32 key = 0;
	__u64 *n = bpf_map_lookup_elem(&calls, &key);

	if (n)
		__sync_fetch_and_add(n, 1);
	/* The caller's generation is in the low byte: both must be the same. */
	e->level |= GENERATION << 8;
	return EVENT_PASS;
}

struct {
	__uint(type, BPF_MAP_TYPE_PROG_ARRAY);
	__uint(max_entries, 1);
	__uint(key_size, sizeof(__u32));
	__array(values, int(struct stingless_event *));
} programs SEC(".maps") = { .values = { [0] = (void *)&target } };

SEC("test/event") int entry(struct stingless_event *e)
{
	e->level = generation;
	bpf_tail_call(e, &programs, 0);
	return EVENT_LIMIT;
}
