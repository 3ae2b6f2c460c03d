// hook: xdp
// kernel: no, Linux reads on behind what is proved to be there
// run: data=61616161616161616161616161616161 -> 0xf2f2f2
// run: data=61616100616161616161616161616161 -> 3
#include "corpus.h"

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__type(key, __u32);
	__type(value, char[16]);
	__uint(max_entries, 2);
} values SEC(".maps");

/* A text without an end, in a packet, in a map's value: a fault where what was proved ends. */
SEC("xdp") int no_end(struct xdp_md *ctx)
{
	char *p = DATA(ctx);
	__u32 zero = 0;
	char *v = bpf_map_lookup_elem(&values, &zero);
	int a, b, c;

	if (!v || (void *)(p + 16) > DATA_END(ctx))
		return 0;
	__builtin_memcpy(v, p, 16);
	a = bpf_strlen(p);
	b = bpf_strlen(v);
	c = bpf_strcmp(v, p);
	if (a >= 0)
		return a == b ? a : 0;
	/* The value's neighbour begins with a NUL, which is not the value's. */
	return (a & 255) << 16 | (b & 255) << 8 | (c & 255);
}
