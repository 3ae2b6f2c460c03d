// Time goes on.
// hook: xdp
// run: data=inc64 -> 7
#include "corpus.h"

SEC("xdp") int clocks(struct xdp_md *ctx)
{
	__u64 a = bpf_ktime_get_ns(), b = bpf_ktime_get_ns();
	__u64 boot = bpf_ktime_get_boot_ns();

	return (a > 0) | (b >= a) << 1 | (boot >= a) << 2;
}
