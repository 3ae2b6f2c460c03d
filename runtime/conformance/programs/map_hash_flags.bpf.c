// hook: xdp
// run: data=inc64 -> 0x21102
// map h: 1/4=30/8
#include "corpus.h"

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 4);
	__type(key, __u32);
	__type(value, __u64);
} h SEC(".maps");

SEC("xdp") int flags(struct xdp_md *ctx)
{
	__u32 key = 1;
	__u64 value = 10;
	long missing, exists;

	missing = -bpf_map_update_elem(&h, &key, &value, BPF_EXIST);	/* ENOENT: 2 */
	bpf_map_update_elem(&h, &key, &value, BPF_NOEXIST);
	value = 20;
	exists = -bpf_map_update_elem(&h, &key, &value, BPF_NOEXIST);	/* EEXIST: 17 */
	value = 30;
	if (bpf_map_update_elem(&h, &key, &value, BPF_EXIST))
		return 0;
	return 2 << 16 | exists << 8 | missing;
}
