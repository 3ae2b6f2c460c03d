// Bytes of a socket's packet, from its start and its network header.
// hook: socket_filter
// run: data=inc64 -> 0x11378ea
#include "packet.h"

SEC("socket") int bytes(struct __sk_buff *skb)
{
	__u8 got[4];
	__u32 sum = 0;

	MIX(sum, bpf_skb_load_bytes(skb, 20, got, 4));
	MIX(sum, got[0]);
	MIX(sum, bpf_skb_load_bytes(skb, 62, got, 4));
	MIX(sum, got[0]);
	MIX(sum, bpf_skb_load_bytes_relative(skb, 8, got, 4, BPF_HDR_START_NET));
	MIX(sum, got[0]);
	return sum;
}
