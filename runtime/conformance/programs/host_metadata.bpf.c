// What a device said of a frame: `tests/linux_host.rs` plays the device.
// hook: xdp
// kernel: no, only programs that are bound to a device ask this in Linux
// run: data=inc64 -> 0x5f5f5f
#include "corpus.h"

struct said {
	__u64 stamp;
	__u32 hash, kind;
	__u16 proto, tci;
};
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__type(key, __u32);
	__type(value, struct said);
	__uint(max_entries, 1);
} out SEC(".maps");

SEC("xdp") int metadata(struct xdp_md *ctx)
{
	__u32 zero = 0;
	struct said *s = bpf_map_lookup_elem(&out, &zero);
	int a, b, c;

	if (!s)
		return 1;
	a = bpf_xdp_metadata_rx_timestamp(ctx, &s->stamp);
	b = bpf_xdp_metadata_rx_hash(ctx, &s->hash, &s->kind);
	c = bpf_xdp_metadata_rx_vlan_tag(ctx, &s->proto, &s->tci);
	return -a << 16 | -b << 8 | -c;
}
