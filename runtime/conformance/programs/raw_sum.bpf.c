// Memory whose length is known at run time only.
// hook: raw
// run: data=inc64 -> 2016
// run: data=ff -> 255
// run: data= -> 0
#include "corpus.h"

SEC("raw") __u64 sum(__u8 *mem, __u64 len)
{
	__u64 sum = 0;

#pragma clang loop unroll(disable)
	for (__u64 i = 0; i < 256; i++) {
		if (i >= len)
			break;
		sum += mem[i];
	}
	return sum;
}
