// Keys and values that are structs.
// hook: xdp
// run: data=inc64 -> 64
// run: data=inc64 -> 128
// map flows: 0a0b0c0d 0100 0200=128/8 2/4 00000000
#include "corpus.h"

struct flow {
	__u32 addr;
	__u16 from, to;
};

struct stat {
	__u64 bytes;
	__u32 packets;
	__u32 pad;
};

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 64);
	__type(key, struct flow);
	__type(value, struct stat);
} flows SEC(".maps");

SEC("xdp") int account(struct xdp_md *ctx)
{
	struct flow key = { .addr = 0x0d0c0b0a, .from = 1, .to = 2 };
	struct stat fresh = { .bytes = ctx->data_end - ctx->data, .packets = 1 };
	struct stat *s = bpf_map_lookup_elem(&flows, &key);

	if (!s) {
		bpf_map_update_elem(&flows, &key, &fresh, BPF_ANY);
		return fresh.bytes;
	}
	s->bytes += fresh.bytes;
	s->packets++;
	return s->bytes;
}
