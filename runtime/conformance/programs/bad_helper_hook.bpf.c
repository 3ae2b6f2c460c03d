// hook: tc
// reject: env
#include "corpus.h"

SEC("tc") int bad(struct __sk_buff *skb)
{
	return bpf_xdp_adjust_head((void *)skb, 1); /* REJECT */
}
