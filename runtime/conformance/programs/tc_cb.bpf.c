// hook: tc
// run: data=inc64 -> 30
#include "corpus.h"

SEC("tc") int cb(struct __sk_buff *skb)
{
	for (int i = 0; i < 5; i++)
		skb->cb[i] = i * 3;
	return skb->cb[0] + skb->cb[1] + skb->cb[2] + skb->cb[3] + skb->cb[4];
}
