// hook: tc
// run: data=inc64 ctx=mark:7,priority:2 -> 9 ctx=mark:8,priority:5
#include "corpus.h"

SEC("tc") int mark(struct __sk_buff *skb)
{
	int was = skb->mark + skb->priority;

	skb->mark += 1;
	skb->priority = 5;
	return was;
}
