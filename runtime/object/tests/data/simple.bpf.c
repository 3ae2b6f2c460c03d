// One program, one array map, one constant.
#include <stingless/bpf.h>

struct {
    __uint(type, BPF_MAP_TYPE_ARRAY);
    __uint(max_entries, 4);
    __type(key, __u32);
    __type(value, __u64);
} hits SEC(".maps");

const volatile __u64 limit = 7;

SEC("xdp")
int count(struct xdp_md *ctx)
{
    __u32 key = 1;
    __u64 *n = bpf_map_lookup_elem(&hits, &key);

    if (n && *n < limit)
        *n += 1;
    return XDP_PASS;
}

char _license[] SEC("license") = "Dual MIT/GPL";
