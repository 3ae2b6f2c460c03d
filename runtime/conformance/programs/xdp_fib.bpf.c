// No route and no interface where the host gives none.
// hook: xdp
// run: data=inc64 -> 0x671a332
#include "packet.h"

struct {
	__uint(type, BPF_MAP_TYPE_PERF_EVENT_ARRAY);
	__uint(max_entries, 4);
	__type(key, __u32);
	__type(value, __u32);
} events SEC(".maps");

SEC("xdp") int fib(struct xdp_md *ctx)
{
	struct bpf_fib_lookup route = { .family = 2, .ifindex = 4000 };
	__u32 sum = 0, mtu = 0;

	MIX(sum, bpf_fib_lookup(ctx, &route, sizeof(route), 0));
	MIX(sum, bpf_fib_lookup(ctx, &route, sizeof(route) - 4, 0));
	MIX(sum, bpf_fib_lookup(ctx, &route, sizeof(route), 1 << 10));
	route.family = 3;
	MIX(sum, bpf_fib_lookup(ctx, &route, sizeof(route), 0));
	MIX(sum, bpf_check_mtu(ctx, 4000, &mtu, 0, 0));
	MIX(sum, bpf_check_mtu(ctx, 4000, &mtu, 0, 1));
	MIX(sum, bpf_perf_event_output(ctx, &events, 2, &mtu, 4));
	MIX(sum, bpf_perf_event_output(ctx, &events, 4, &mtu, 4));
	MIX(sum, bpf_perf_event_output(ctx, &events, 1ull << 60, &mtu, 4));
	MIX(sum, bpf_perf_event_output(ctx, &events, 65ull << 32, &mtu, 4));
	return sum;
}
