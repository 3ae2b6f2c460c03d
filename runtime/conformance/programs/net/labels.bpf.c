// Labels of a DNS name, copied to a map's value in two nested loops. Linux takes it as clang -mcpu=v4 writes it, and
// neither side does below: the index into the text and the pointer into the packet move apart.
#include "net.h"

struct name {
	char text[64];
	__u8 len;
};
MAP(blocked, BPF_MAP_TYPE_HASH, struct name, __u32, 128);
MAP(scratch, BPF_MAP_TYPE_PERCPU_ARRAY, __u32, struct name, 1);

SEC("xdp") int dns_labels(struct xdp_md *ctx)
{
	void *data = DATA(ctx), *end = DATA_END(ctx);
	__u32 zero = 0, at = 0;
	struct name *n = bpf_map_lookup_elem(&scratch, &zero);
	__u8 *q = data + 12;

	if (!n)
		return XDP_ABORTED;
	__builtin_memset(n, 0, sizeof(*n));
	for (int label = 0; label < 4; label++) {
		__u8 len;
		if ((void *)(q + 1) > end)
			return XDP_DROP;
		len = *q++;
		if (len == 0)
			break;
		if (len > 15)
			return XDP_DROP;
		for (int i = 0; i < 15; i++) {
			if (i >= len)
				break;
			if ((void *)(q + 1) > end)
				return XDP_DROP;
			if (at < sizeof(n->text) - 1)
				n->text[at++] = *q++;
		}
		if (at < sizeof(n->text) - 1)
			n->text[at++] = '.';
	}
	n->len = at;
	return bpf_map_lookup_elem(&blocked, n) ? XDP_DROP : XDP_PASS;
}
