// A socket looked up and given back.
// hook: tc
// run: data=inc64 -> 1
#include "packet.h"

SEC("tc") int look(struct __sk_buff *skb)
{
	struct bpf_sock_tuple tuple = {};
	struct bpf_sock *sk;

	sk = bpf_sk_lookup_tcp(skb, &tuple, sizeof(tuple.ipv4), -1, 0);
	if (sk) {
		bpf_sk_release(sk);
		return 2;
	}
	sk = bpf_skc_lookup_tcp(skb, &tuple, sizeof(tuple.ipv6), -1, 0);
	if (sk)
		bpf_sk_release(sk);
	return 1;
}
