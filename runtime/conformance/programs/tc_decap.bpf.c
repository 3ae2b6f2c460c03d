// A header taken out.
// hook: tc
// run: data=0000000000010000000000020800 4500003c1c46400040060000ac100a63ac100a0c inc40 inc20 -> 0x64b2edf4
#include "packet.h"

SEC("tc") int decap(struct __sk_buff *skb)
{
	__u32 sum = 0;

	MIX(sum, bpf_skb_adjust_room(skb, -20, BPF_ADJ_ROOM_MAC, BPF_F_ADJ_ROOM_DECAP_L3_IPV6));
	MIX(sum, skb->protocol);
	MIX(sum, bpf_skb_adjust_room(skb, -8, BPF_ADJ_ROOM_MAC, BPF_F_ADJ_ROOM_DECAP_L3_IPV4));
	MIX(sum, skb->protocol);
	MIX(sum, skb->len);
	return sum;
}
