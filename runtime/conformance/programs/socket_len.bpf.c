// hook: socket_filter
// run: data=inc64 -> 64
#include "corpus.h"

SEC("socket") int len(struct __sk_buff *skb)
{
	return skb->len;
}
