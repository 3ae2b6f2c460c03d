// Direct access to the packet, writing too.
// hook: tc
// run: data=inc64 -> 64 out=ff01020304 05060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f202122232425262728292a2b2c2d2e2f303132333435363738393a3b3c3d3e3f
#include "corpus.h"

SEC("tc") int packet(struct __sk_buff *skb)
{
	__u8 *p = DATA(skb);

	if ((void *)(p + 20) > DATA_END(skb))
		return TC_ACT_SHOT;
	p[0] = 0xff;
	return skb->len;
}
