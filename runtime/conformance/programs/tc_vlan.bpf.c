// Tags pushed and popped: the outermost is beside the packet, others are in it.
// hook: tc
// run: data=0000000000010000000000020800 4500003c1c46400040060000ac100a63ac100a0c inc40 -> 0xdb9611ec
// run: data=000000000001000000000002 8100 0123 0800 inc40 -> 0x5bb2d01f
// run: data=000000000001000000000002 88a8 0123 8100 0456 0800 inc40 -> 0xaa0d05df
#include "packet.h"

#define SEE(skb, sum)                                    	({                                               		MIX(sum, (skb)->len);                    		MIX(sum, (skb)->protocol);               		MIX(sum, (skb)->vlan_present);           		MIX(sum, (skb)->vlan_tci);               		MIX(sum, (skb)->vlan_proto);             	})

SEC("tc") int vlan(struct __sk_buff *skb)
{
	__u32 sum = 0;

	SEE(skb, sum);
	MIX(sum, bpf_skb_vlan_pop(skb));
	SEE(skb, sum);
	MIX(sum, bpf_skb_vlan_push(skb, bpf_htons(0x8100), 0x234));
	SEE(skb, sum);
	MIX(sum, bpf_skb_vlan_push(skb, bpf_htons(0x88a8), 0x345));
	SEE(skb, sum);
	MIX(sum, bpf_skb_vlan_push(skb, bpf_htons(0x1234), 0x456));
	SEE(skb, sum);
	MIX(sum, bpf_skb_vlan_pop(skb));
	SEE(skb, sum);
	return sum;
}
