// hook: raw
// reject: bounds
#include "corpus.h"

SEC("raw") __u64 bad(__u8 *mem, __u64 len)
{
	if (len < 7)
		return 0;
	return mem[7]; /* REJECT */
}
