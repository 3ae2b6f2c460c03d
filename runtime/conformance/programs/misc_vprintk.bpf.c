// A line with more numbers than registers.
// hook: xdp
// run: data=inc16 -> 0x11
// trace: 1 2 3 4 ff: 100%
#include "packet.h"

SEC("xdp") int vprintk(struct xdp_md *ctx)
{
	static const char fmt[] = "%d %d %d %d %x: 100%%\n";
	__u64 values[] = { 1, 2, 3, 4, 255 };

	return bpf_trace_vprintk(fmt, sizeof(fmt), values, sizeof(values));
}
