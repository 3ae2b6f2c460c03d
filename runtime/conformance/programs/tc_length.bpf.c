// A packet that grows and shrinks at both ends.
// hook: tc
// run: data=0000000000010000000000020800 4500003c1c46400040060000ac100a63ac100a0c inc40 -> 0x7ef8e203
#include "packet.h"

SEC("tc") int length(struct __sk_buff *skb)
{
	__u32 sum = skb->len;

	MIX(sum, bpf_skb_change_tail(skb, 40, 0));
	MIX(sum, skb->len);
	MIX(sum, bpf_skb_change_tail(skb, 100, 0));
	MIX(sum, skb->len);
	MIX(sum, bpf_skb_change_tail(skb, 13, 0));
	MIX(sum, bpf_skb_change_tail(skb, 20000, 0));
	MIX(sum, bpf_skb_change_tail(skb, 90, 1));
	MIX(sum, bpf_skb_change_head(skb, 14, 0));
	MIX(sum, skb->len);
	MIX(sum, bpf_skb_change_head(skb, 4, 1));
	MIX(sum, bpf_skb_change_head(skb, -1, 0));
	MIX(sum, bpf_skb_change_type(skb, 1));
	MIX(sum, skb->pkt_type);
	MIX(sum, bpf_skb_change_type(skb, 4));
	return sum;
}
