// A prog array with programs of two hooks.
// hook: xdp
// error: hook
#include "corpus.h"

SEC("tc") int other(struct __sk_buff *skb)
{
	return 7;
}

struct {
	__uint(type, BPF_MAP_TYPE_PROG_ARRAY);
	__uint(max_entries, 1);
	__uint(key_size, sizeof(__u32));
	__array(values, int(struct __sk_buff *));
} programs SEC(".maps") = { .values = { [0] = (void *)&other } };

SEC("xdp") int entry(struct xdp_md *ctx)
{
	bpf_tail_call(ctx, &programs, 0);
	return 2;
}
