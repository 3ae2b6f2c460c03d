// Narrow loads of context fields.
// hook: tc
// run: data=inc64 ctx=mark:0x11223344 -> 0x3344ba
#include "corpus.h"

SEC("tc") int narrow(struct __sk_buff *skb)
{
	__u32 low = *(volatile __u16 *)&skb->mark;
	__u32 bytes = 0;

	for (int i = 0; i < 4; i++)
		bytes += ((volatile __u8 *)&skb->mark)[i];
	return low << 8 | ((bytes + 0x10) & 0xff);
}
