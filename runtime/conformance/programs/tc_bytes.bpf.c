// Bytes of a packet, read and written by helpers; pulling; a hash that is set and forgotten.
// hook: tc
// run: data=0000000000010000000000020800 4500003c1c46400040060000ac100a63ac100a0c inc40 -> 0xd7e090b4
#include "packet.h"

SEC("tc") int bytes(struct __sk_buff *skb)
{
	__u8 buf[8] = { 1, 2, 3, 4, 5, 6, 7, 8 };
	__u8 got[8];
	__u32 sum = 0;

	MIX(sum, bpf_skb_store_bytes(skb, 40, buf, 8, 0));
	MIX(sum, bpf_skb_store_bytes(skb, 50, buf, 3, BPF_F_RECOMPUTE_CSUM | BPF_F_INVALIDATE_HASH));
	MIX(sum, bpf_skb_store_bytes(skb, skb->len - 7, buf, 8, 0));
	MIX(sum, bpf_skb_store_bytes(skb, 0, buf, 8, 4));
	MIX(sum, bpf_skb_store_bytes(skb, -1, buf, 8, 0));
	MIX(sum, bpf_skb_load_bytes(skb, 39, got, 8));
	MIX(sum, got[0] + got[7]);
	MIX(sum, bpf_skb_load_bytes(skb, skb->len - 8, got, 8));
	MIX(sum, got[7]);
	MIX(sum, bpf_skb_load_bytes(skb, skb->len - 7, got, 8));
	MIX(sum, got[0] + got[7]);
	MIX(sum, bpf_skb_load_bytes_relative(skb, 9, got, 8, BPF_HDR_START_NET));
	MIX(sum, got[0]);
	MIX(sum, bpf_skb_load_bytes_relative(skb, 12, got, 2, BPF_HDR_START_MAC));
	MIX(sum, got[0]);
	MIX(sum, bpf_skb_load_bytes_relative(skb, 12, got, 2, 2));
	MIX(sum, bpf_skb_pull_data(skb, 0));
	MIX(sum, bpf_skb_pull_data(skb, 50));
	MIX(sum, bpf_skb_pull_data(skb, 5000));
	MIX(sum, bpf_set_hash(skb, 77));
	MIX(sum, bpf_get_hash_recalc(skb));
	MIX(sum, skb->hash);
	bpf_set_hash_invalid(skb);
	MIX(sum, skb->hash);
	MIX(sum, bpf_csum_update(skb, 5));
	MIX(sum, bpf_csum_level(skb, 0));
	MIX(sum, bpf_csum_level(skb, 1));
	MIX(sum, bpf_csum_level(skb, 0));
	MIX(sum, bpf_csum_level(skb, 1));
	MIX(sum, bpf_csum_level(skb, 0));
	MIX(sum, bpf_csum_level(skb, 2));
	MIX(sum, bpf_csum_level(skb, 3));
	MIX(sum, bpf_csum_level(skb, 4));
	MIX(sum, bpf_csum_level(skb, 0));
	return sum;
}
