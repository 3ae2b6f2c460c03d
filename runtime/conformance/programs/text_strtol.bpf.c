// Decimal, sign, hexadecimal by prefix, blanks; what is no number is an error.
// hook: xdp
// run: data=inc64 -> 0x16ff05
#include "corpus.h"

SEC("xdp") int parse(struct xdp_md *ctx)
{
	char dec[8] = "  -123 ", hex[8] = "0x7b..", bad[8] = "x1";
	long a, b, c, n;

	n = bpf_strtol(dec, sizeof(dec), 10, &a);
	if (n != 6 || a != -123)
		return 1;
	n = bpf_strtol(hex, sizeof(hex), 0, &b);
	if (n != 4 || b != 123)
		return 2;
	n = bpf_strtol(bad, sizeof(bad), 10, &c);
	return -n << 16 | 0xff << 8 | 5;
}
