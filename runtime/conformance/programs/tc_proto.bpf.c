// From IPv4 to IPv6 and back.
// hook: tc
// run: data=0000000000010000000000020800 4500003c1c46400040060000ac100a63ac100a0c inc40 -> 0xb2ff434c
// run: data=000000000001000000000002 86dd 6000000000140640 inc32 inc20 -> 0xfd78fb7e
// run: data=inc64 -> 0x63006c9a
#include "packet.h"

SEC("tc") int proto(struct __sk_buff *skb)
{
	__u32 sum = skb->protocol;

	MIX(sum, bpf_skb_change_proto(skb, bpf_htons(0x86dd), 0));
	MIX(sum, skb->protocol);
	MIX(sum, skb->len);
	MIX(sum, bpf_skb_change_proto(skb, bpf_htons(0x86dd), 1));
	MIX(sum, bpf_skb_change_proto(skb, bpf_htons(0x0800), 0));
	MIX(sum, skb->protocol);
	MIX(sum, skb->len);
	MIX(sum, bpf_skb_change_proto(skb, bpf_htons(0x0806), 0));
	return sum;
}
