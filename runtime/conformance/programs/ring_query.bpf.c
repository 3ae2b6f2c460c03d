// Bytes not consumed, size, consumer and producer position; an unknown question is answered by 0.
// hook: xdp
// run: data=inc64 -> 0x18_1000_18
// ring events: 01000000000000000000000000000000
#include "corpus.h"

struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, 4096);
} events SEC(".maps");

SEC("xdp") int query(struct xdp_md *ctx)
{
	__u64 event[2] = { 1, 0 };
	__u64 data, size, consumer, producer;

	bpf_ringbuf_output(&events, event, sizeof(event), 0);
	data = bpf_ringbuf_query(&events, 0);
	size = bpf_ringbuf_query(&events, 1);
	consumer = bpf_ringbuf_query(&events, 2);
	producer = bpf_ringbuf_query(&events, 3);
	if (consumer || bpf_ringbuf_query(&events, 9))
		return 0;
	return data << 24 | size << 8 | producer;
}
