// The bytes of a sample are the producers' again once the callback has returned.
// hook: xdp
// reject: uninit
// kernel: no, it finds a new pointer in each round, and gives up after a million instructions
#include "corpus.h"

struct {
	__uint(type, BPF_MAP_TYPE_USER_RINGBUF);
	__uint(max_entries, 4096);
} requests SEC(".maps");

static long keeps_its_bytes(const struct bpf_dynptr *sample, __u8 **kept)
{
	*kept = bpf_dynptr_data(sample, 0, 4);
	return 0;
}

SEC("xdp") int entry(struct xdp_md *ctx)
{
	__u8 *volatile kept = 0, *at;

	bpf_user_ringbuf_drain(&requests, keeps_its_bytes, (void *)&kept, 0);
	at = kept;
	return at ? *at : 0; /* REJECT */
}
