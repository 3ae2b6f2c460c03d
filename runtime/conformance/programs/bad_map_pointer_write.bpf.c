// A map is no memory.
// hook: xdp
// reject: type
// kernel: no, it lets trusted programs read the first fields of a map
#include "corpus.h"

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, __u64);
} a SEC(".maps");

SEC("xdp") int bad(struct xdp_md *ctx)
{
	return *(volatile __u32 *)&a; /* REJECT */
}
