// Octal, bases, a minus sign, a base that is none.
// hook: xdp
// run: data=inc64 -> 0x1616
#include "corpus.h"

SEC("xdp") int parse(struct xdp_md *ctx)
{
	char oct[8] = "0755", hex[8] = "ffffffff", neg[8] = "-1";
	unsigned long a, b, c;
	long err;

	if (bpf_strtoul(oct, sizeof(oct), 0, &a) != 4 || a != 0755)
		return 1;
	if (bpf_strtoul(hex, sizeof(hex), 16, &b) != 8 || b != 0xffffffff)
		return 2;
	err = -bpf_strtoul(neg, sizeof(neg), 10, &c);
	return err << 8 | -bpf_strtoul(oct, sizeof(oct), 7, &a);
}
