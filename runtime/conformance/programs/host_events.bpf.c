// What a host answers: see tests/linux_host.rs. Without one there is nobody who listens, no route and no interface.
// hook: xdp
// run: data=inc64 -> 8
// kernel: no, its interfaces are its own
#include "packet.h"

struct {
	__uint(type, BPF_MAP_TYPE_PERF_EVENT_ARRAY);
	__uint(key_size, 4);
	__uint(value_size, 4);
} events SEC(".maps");

SEC("xdp") int host_events(struct xdp_md *ctx)
{
	struct bpf_fib_lookup route = { .family = 2, .ifindex = 3 };
	__u8 data[4] = { 1, 2, 3, 4 };
	__u32 mtu = 0, seen = 0;

	if (!bpf_perf_event_output(ctx, &events, BPF_F_CURRENT_CPU | 6ull << 32, data, sizeof(data)))
		seen |= 1;
	if (!bpf_fib_lookup(ctx, &route, sizeof(route), 0) && route.family == 10)
		seen |= 2;
	if (bpf_check_mtu(ctx, 3, &mtu, 0, 0) == 1 && mtu == 40)
		seen |= 4;
	if (bpf_check_mtu(ctx, 4, &mtu, 0, 0) == -19)
		seen |= 8;
	return seen;
}
