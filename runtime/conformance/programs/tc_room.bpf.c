// Room for headers: behind the network's header and before it, with encapsulation and without; wrong sizes and flags.
// hook: tc
// run: data=0000000000010000000000020800 4500003c1c46400040060000ac100a63ac100a0c inc40 -> 0xcd64dd8
// run: data=000000000001000000000002 86dd 6000000000140640 inc32 inc20 -> 0xcd64dd8
// run: data=inc64 -> 0xd07bcb0
#include "packet.h"

SEC("tc") int room(struct __sk_buff *skb)
{
	__u32 sum = 0;

	MIX(sum, bpf_skb_adjust_room(skb, 8, BPF_ADJ_ROOM_NET, 0));
	MIX(sum, skb->len);
	MIX(sum, bpf_skb_adjust_room(skb, -8, BPF_ADJ_ROOM_MAC, BPF_F_ADJ_ROOM_NO_CSUM_RESET));
	MIX(sum, bpf_skb_adjust_room(skb, 4, 2, 0));
	MIX(sum, bpf_skb_adjust_room(skb, 4096, 0, 0));
	MIX(sum, bpf_skb_adjust_room(skb, -60, 0, 0));
	MIX(sum, bpf_skb_adjust_room(skb, 4, 0, 1 << 12));
	MIX(sum, bpf_skb_adjust_room(skb, -4, 0, BPF_F_ADJ_ROOM_ENCAP_L3_IPV4));
	MIX(sum, bpf_skb_adjust_room(skb, 4, 0, BPF_F_ADJ_ROOM_DECAP_L3_IPV4));
	MIX(sum, bpf_skb_adjust_room(skb, 20, 1, BPF_F_ADJ_ROOM_ENCAP_L3_IPV4 | BPF_F_ADJ_ROOM_ENCAP_L3_IPV6));
	MIX(sum, bpf_skb_adjust_room(skb, 20, 1, BPF_F_ADJ_ROOM_ENCAP_L3_IPV4 | BPF_F_ADJ_ROOM_ENCAP_L4_GRE | BPF_F_ADJ_ROOM_ENCAP_L4_UDP));
	MIX(sum, bpf_skb_adjust_room(skb, 40, 1, BPF_F_ADJ_ROOM_ENCAP_L3_IPV6));
	MIX(sum, skb->len);
	MIX(sum, skb->protocol);
	MIX(sum, bpf_skb_adjust_room(skb, 20, 1, BPF_F_ADJ_ROOM_ENCAP_L3_IPV4));
	MIX(sum, bpf_skb_change_tail(skb, 90, 0));
	return sum;
}
