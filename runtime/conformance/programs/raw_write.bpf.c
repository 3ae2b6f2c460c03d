// hook: raw
// run: data=0102030405060708 -> 0xf7f8f9fafbfcfdfe out=fefdfcfbfaf9f8f7
#include "corpus.h"

SEC("raw") __u64 flip(__u64 *mem, __u64 len)
{
	if (len < 8)
		return 0;
	*mem = ~*mem;
	return *mem;
}
