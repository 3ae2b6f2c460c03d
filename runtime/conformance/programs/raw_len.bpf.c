// hook: raw
// run: data=inc64 -> 64
// run: data= -> 0
#include "corpus.h"

SEC("raw") __u64 len(void *mem, __u64 len)
{
	return len;
}
