// Redirects by maps: to what is there, and the verdict asked for where nothing is; lookups of targets.
// hook: xdp
// run: data=inc64 -> 0xd893ace2
#include "packet.h"

struct {
	__uint(type, BPF_MAP_TYPE_DEVMAP);
	__uint(max_entries, 4);
	__type(key, __u32);
	__type(value, __u32);
} devs SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_DEVMAP_HASH);
	__uint(max_entries, 4);
	__type(key, __u32);
	__type(value, __u32);
} hashed SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_CPUMAP);
	__uint(max_entries, 4);
	__type(key, __u32);
	__type(value, __u32);
} cpus SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_XSKMAP);
	__uint(max_entries, 4);
	__type(key, __u32);
	__type(value, __u32);
} socks SEC(".maps");

SEC("xdp") int redirect(struct xdp_md *ctx)
{
	__u32 sum = 0, key = 1, *found;

	MIX(sum, bpf_redirect_map(&devs, 1, 0));
	MIX(sum, bpf_redirect_map(&devs, 9, XDP_PASS));
	MIX(sum, bpf_redirect_map(&devs, 1, XDP_TX));
	MIX(sum, bpf_redirect_map(&devs, 1, 4));
	MIX(sum, bpf_redirect_map(&hashed, 1, XDP_DROP));
	MIX(sum, bpf_redirect_map(&cpus, 1, XDP_PASS));
	MIX(sum, bpf_redirect_map(&cpus, 1, BPF_F_BROADCAST));
	MIX(sum, bpf_redirect_map(&socks, 1, XDP_PASS));
	found = bpf_map_lookup_elem(&devs, &key);
	MIX(sum, found ? *found : 77);
	found = bpf_map_lookup_elem(&hashed, &key);
	MIX(sum, found ? *found : 77);
	MIX(sum, bpf_map_lookup_elem(&socks, &key) != 0);
	MIX(sum, bpf_redirect(1, 1));
	return sum;
}
