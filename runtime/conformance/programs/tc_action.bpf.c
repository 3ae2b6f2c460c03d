// hook: tc
// run: data=inc64 -> 2
// run: data=00 inc64 -> 0
#include "corpus.h"

SEC("tc/ingress") int act(struct __sk_buff *skb)
{
	return skb->len % 2 ? TC_ACT_OK : TC_ACT_SHOT;
}
