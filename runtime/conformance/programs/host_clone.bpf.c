// Copies of a packet to two interfaces: see tests/linux_host.rs. Without a host there is none.
// hook: tc
// run: data=inc64 -> -22
// kernel: no, its interfaces are its own
#include "packet.h"

SEC("tc") int host_clone(struct __sk_buff *skb)
{
	bpf_clone_redirect(skb, 1, 0);
	return bpf_clone_redirect(skb, 2, 0);
}
