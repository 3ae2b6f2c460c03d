// Keys and options of tunnels: none comes with the packet; those set are checked.
// hook: tc
// run: data=inc64 -> 0x25c56eb3
// kernel: no, a test run there has no tunnel to read back from
#include "packet.h"

SEC("tc") int tunnel(struct __sk_buff *skb)
{
	struct bpf_tunnel_key key = { .tunnel_id = 7, .remote_ipv4 = 0x01020304 }, got;
	__u32 sum = 0, opt = 99, read;

	MIX(sum, bpf_skb_get_tunnel_key(skb, &got, sizeof(got), 0));
	MIX(sum, got.tunnel_id);
	MIX(sum, bpf_skb_set_tunnel_opt(skb, &opt, 4));
	MIX(sum, bpf_skb_set_tunnel_key(skb, &key, sizeof(key), 0));
	MIX(sum, bpf_skb_set_tunnel_key(skb, &key, 9, 0));
	MIX(sum, bpf_skb_set_tunnel_key(skb, &key, sizeof(key), 1 << 8));
	MIX(sum, bpf_skb_get_tunnel_key(skb, &got, sizeof(got), 0));
	MIX(sum, got.tunnel_id);
	MIX(sum, bpf_skb_get_tunnel_key(skb, &got, sizeof(got), 1));
	MIX(sum, bpf_skb_get_tunnel_opt(skb, &read, 4));
	MIX(sum, bpf_skb_set_tunnel_opt(skb, &opt, 4));
	MIX(sum, bpf_skb_set_tunnel_opt(skb, &opt, 3));
	MIX(sum, bpf_skb_get_tunnel_opt(skb, &read, 4));
	MIX(sum, read);
	MIX(sum, bpf_skb_get_tunnel_opt(skb, &read, 2));
	return sum;
}
