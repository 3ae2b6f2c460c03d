// Verdicts of the redirecting helpers, with flags that they take and that they do not.
// hook: tc
// run: data=0000000000010000000000020800 4500003c1c46400040060000ac100a63ac100a0c inc40 -> 0x1bea56d
// kernel: no, a test run there looks for the interface
#include "packet.h"

SEC("tc") int redirect(struct __sk_buff *skb)
{
	struct bpf_redir_neigh next = { 2 };
	__u32 sum = 0;

	MIX(sum, bpf_redirect(1, 0));
	MIX(sum, bpf_redirect(1, BPF_F_INGRESS));
	MIX(sum, bpf_redirect(1, 2));
	MIX(sum, bpf_redirect_peer(1, 0));
	MIX(sum, bpf_redirect_peer(1, 1));
	MIX(sum, bpf_redirect_neigh(1, 0, 0, 0));
	MIX(sum, bpf_redirect_neigh(1, &next, sizeof(next), 0));
	MIX(sum, bpf_redirect_neigh(1, &next, 4, 0));
	MIX(sum, bpf_redirect_neigh(1, &next, sizeof(next), 1));
	MIX(sum, bpf_clone_redirect(skb, 1, 2));
	return sum;
}
