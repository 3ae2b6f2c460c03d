// Checksums of both layers: by 16-bit and 32-bit fields and by differences, with every flag and wrong ones.
// hook: tc
// run: data=0000000000010000000000020800 4500003c1c46400040060000ac100a63ac100a0c inc40 -> 0x25f84d96
// run: data=inc100 -> 0x25f84d96
#include "packet.h"

SEC("tc") int replace(struct __sk_buff *skb)
{
	__u32 sum = 0;

	MIX(sum, bpf_l3_csum_replace(skb, 24, 0x1234, 0xffff, 2));
	MIX(sum, bpf_l3_csum_replace(skb, 24, 0x12345678, 0x9abcdef0, 4));
	MIX(sum, bpf_l3_csum_replace(skb, 26, 0xffffffff, 0, 4));
	MIX(sum, bpf_l3_csum_replace(skb, 28, 0, 0x8fffffff, 0));
	MIX(sum, bpf_l3_csum_replace(skb, 24, 1, 2, 0));
	MIX(sum, bpf_l3_csum_replace(skb, 24, 1, 2, 3));
	MIX(sum, bpf_l3_csum_replace(skb, 25, 1, 2, 2));
	MIX(sum, bpf_l3_csum_replace(skb, 2000, 1, 2, 2));
	MIX(sum, bpf_l3_csum_replace(skb, 24, 1, 2, 0x12));
	MIX(sum, bpf_l4_csum_replace(skb, 30, 0x1234, 0xffff, 2 | BPF_F_PSEUDO_HDR));
	MIX(sum, bpf_l4_csum_replace(skb, 32, 0x12345678, 0x9abcdef0, 4));
	MIX(sum, bpf_l4_csum_replace(skb, 34, 0, 0x8fffffff, BPF_F_PSEUDO_HDR | BPF_F_IPV6));
	MIX(sum, bpf_l4_csum_replace(skb, 36, 0x1111, 0x2222, 2 | BPF_F_MARK_MANGLED_0));
	MIX(sum, bpf_l4_csum_replace(skb, 38, 0x1111, 0x2222, 2 | BPF_F_MARK_MANGLED_0 | BPF_F_MARK_ENFORCE));
	MIX(sum, bpf_l4_csum_replace(skb, 38, 1, 2, 0x102));
	MIX(sum, bpf_l4_csum_replace(skb, 38, 1, 2, 1));
	return sum;
}
