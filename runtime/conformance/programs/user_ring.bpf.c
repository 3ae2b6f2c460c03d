// Samples of a user ring buffer: those that were submitted are seen in order, until the callback says to stop; a drain
// within a drain finds the ring busy; flags are refused; what is written to a sample is there.
// hook: xdp
// push requests: 7/8, ~9/8, 1/4 2/4 3/4, 5/8, inc30
// run: data=inc64 -> 0x161001
// run: data=inc64 -> 1
// run: data=inc64 -> 1
// run: data=inc64 -> 1
// run: data=inc64 -> 0
// map sums: 0/4=0x0008000000000007/8 1/4=0x000c060000000001/8 2/4=0x0008000000000005/8 3/4=0x001e102103020100/8 4/4=0/8
#include "corpus.h"

struct {
	__uint(type, BPF_MAP_TYPE_USER_RINGBUF);
	__uint(max_entries, 4096);
} requests SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 5);
	__type(key, __u32);
	__type(value, __u64);
} sums SEC(".maps");

static __u32 round;
static long busy;

static long nothing(const struct bpf_dynptr *sample, void *ctx)
{
	return 0;
}

static long first(const struct bpf_dynptr *sample, __u64 *sum)
{
	__u64 word = 0;
	__u8 *third, twice = 0;

	if (!round)
		busy = bpf_user_ringbuf_drain(&requests, nothing, 0, 0);
	bpf_dynptr_read(&word, sizeof(word), sample, 0, 0);
	third = bpf_dynptr_data(sample, 8, 4);
	if (third) {
		third[0] *= 2;
		bpf_dynptr_read(&twice, 1, sample, 8, 0);
		word &= 0xffffffff;
		word |= (__u64)twice << 40 | (__u64)(third[3] + 2 * third[3]) << 32;
	}
	*sum = word | (__u64)bpf_dynptr_size(sample) << 48;
	return 1;
}

SEC("xdp") int entry(struct xdp_md *ctx)
{
	__u64 sum = 0, *at;
	__u32 key = round;
	long bad = bpf_user_ringbuf_drain(&requests, first, &sum, 4);
	long n = bpf_user_ringbuf_drain(&requests, first, &sum, 0);

	at = bpf_map_lookup_elem(&sums, &key);
	if (at)
		*at = sum;
	return round++ ? n : -bad << 16 | -busy << 8 | n;
}
