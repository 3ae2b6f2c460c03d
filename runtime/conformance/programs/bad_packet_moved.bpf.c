// A pointer into a packet that a helper may have moved.
// hook: tc
// reject: packet-stale
#include "packet.h"

SEC("tc") int bad(struct __sk_buff *skb)
{
	__u8 *p = DATA(skb);

	if ((void *)(p + 20) > DATA_END(skb))
		return 0;
	bpf_skb_vlan_pop(skb);
	return p[4]; /* REJECT */
}
