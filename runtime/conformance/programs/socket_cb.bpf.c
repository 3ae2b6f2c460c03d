// hook: socket_filter
// run: data=inc64 -> 42
#include "corpus.h"

SEC("socket") int cb(struct __sk_buff *skb)
{
	skb->cb[2] = 42;
	return skb->cb[2];
}
