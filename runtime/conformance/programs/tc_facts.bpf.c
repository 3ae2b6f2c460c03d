// What is known of a packet without a route and a group; time stamps.
// hook: tc
// run: data=0000000000010000000000020800 4500003c1c46400040060000ac100a63ac100a0c inc40 -> 0x7b84142a
#include "packet.h"

struct {
	__uint(type, BPF_MAP_TYPE_CGROUP_ARRAY);
	__uint(max_entries, 2);
	__type(key, __u32);
	__type(value, __u32);
} groups SEC(".maps");

SEC("tc") int facts(struct __sk_buff *skb)
{
	__u32 sum = 0;

	MIX(sum, bpf_get_route_realm(skb));
	MIX(sum, bpf_current_task_under_cgroup(&groups, 2));
	MIX(sum, bpf_current_task_under_cgroup(&groups, 0));
	MIX(sum, bpf_skb_set_tstamp(skb, 5, 0));
	MIX(sum, bpf_skb_set_tstamp(skb, 5, 1));
	MIX(sum, skb->tstamp_type);
	MIX(sum, skb->tstamp);
	MIX(sum, bpf_skb_set_tstamp(skb, 0, 1));
	MIX(sum, bpf_skb_set_tstamp(skb, 0, 0));
	MIX(sum, skb->tstamp_type);
	return sum;
}
