// hook: xdp
// kernel: no, the test's loader makes no maps of maps
// run: data=00 -> 7
// run: data=01 -> 0
// A record of a ring buffer that a lookup in a map of maps gave.
#include "corpus.h"

struct ring {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, 4096);
} first SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY_OF_MAPS);
	__uint(max_entries, 2);
	__type(key, __u32);
	__array(values, struct ring);
} rings SEC(".maps") = { .values = { &first } };

SEC("xdp") int record(struct xdp_md *ctx)
{
	__u8 *data = DATA(ctx);
	__u64 *record;
	__u32 which;
	void *ring;

	if (data + 1 > (__u8 *)DATA_END(ctx))
		return -1;
	which = *data;
	ring = bpf_map_lookup_elem(&rings, &which);
	if (!ring)
		return 0;
	record = bpf_ringbuf_reserve(ring, sizeof(*record), 0);
	if (!record)
		return 0;
	*record = 7;
	which = *record;
	bpf_ringbuf_submit(record, 0);
	return which;
}
