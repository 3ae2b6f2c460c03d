// Text by format: flags and widths, what does not fit.
// hook: xdp
// run: data=inc16 -> 0x6281d6e7
#include "packet.h"

static __u32 sum_of(const char *text, int len)
{
	__u32 sum = 0;

	for (int i = 0; i < 32 && i < len && text[i]; i++)
		MIX(sum, text[i]);
	return sum;
}

SEC("xdp") int text(struct xdp_md *ctx)
{
	static const char plain[] = "no values", mixed[] = "%d|%5u|%-4x|%04X|%lld|%%|%c|%+d";
	static const char wide[] = "%08lx and %li";
	char out[32] = {};
	__u64 values[] = { -7, 42, 0xab, 0xcd, -1234567890123, 'Z', 5 };
	__u32 sum = 0;

	MIX(sum, bpf_snprintf(out, sizeof(out), plain, 0, 0));
	MIX(sum, sum_of(out, 32));
	MIX(sum, bpf_snprintf(out, sizeof(out), mixed, values, sizeof(values)));
	MIX(sum, sum_of(out, 32));
	MIX(sum, bpf_snprintf(out, 8, wide, values, 16));
	MIX(sum, sum_of(out, 8));
	MIX(sum, bpf_snprintf(out, sizeof(out), wide, values, 16));
	MIX(sum, sum_of(out, 32));
	MIX(sum, bpf_snprintf(0, 0, wide, values, 16));
	return sum;
}
