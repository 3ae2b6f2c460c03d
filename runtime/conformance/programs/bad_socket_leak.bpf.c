// A socket that is not given back.
// hook: tc
// reject: reference *
#include "packet.h"

SEC("tc") int bad(struct __sk_buff *skb)
{
	struct bpf_sock_tuple tuple = {};

	return bpf_sk_lookup_udp(skb, &tuple, sizeof(tuple.ipv4), -1, 0) != 0;
}
