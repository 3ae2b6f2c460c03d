// A prog array that is filled when the object is loaded.
// hook: xdp
// program: entry
// run: data=inc64 -> 11
// run: data=01 inc64 -> 22
// run: data=02 inc64 -> 2
// run: data=ff inc64 -> 2
#include "corpus.h"

SEC("xdp") int first(struct xdp_md *ctx)
{
	return 11;
}

SEC("xdp") int second(struct xdp_md *ctx)
{
	return 22;
}

struct {
	__uint(type, BPF_MAP_TYPE_PROG_ARRAY);
	__uint(max_entries, 4);
	__uint(key_size, sizeof(__u32));
	__array(values, int(struct xdp_md *));
} programs SEC(".maps") = { .values = { [0] = (void *)&first, [1] = (void *)&second } };

SEC("xdp") int entry(struct xdp_md *ctx)
{
	__u8 *p = DATA(ctx);

	if ((void *)(p + 1) > DATA_END(ctx))
		return XDP_ABORTED;
	bpf_tail_call(ctx, &programs, *p);
	return XDP_PASS;
}
