// In place; out of range and flags as in Linux.
// hook: xdp
// run: data=inc64 -> 0x21607
// map a: 0/4=5/8 1/4=9/8
#include "corpus.h"

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 2);
	__type(key, __u32);
	__type(value, __u64);
} a SEC(".maps");

SEC("xdp") int update(struct xdp_md *ctx)
{
	__u32 key = 0;
	__u64 value = 5;
	long full, exists, gone;

	if (bpf_map_update_elem(&a, &key, &value, BPF_ANY))
		return 0;
	exists = -bpf_map_update_elem(&a, &key, &value, BPF_NOEXIST);	/* EEXIST: 17 */
	key = 1;
	value = 9;
	if (bpf_map_update_elem(&a, &key, &value, BPF_EXIST))
		return 0;
	gone = -bpf_map_delete_elem(&a, &key);				/* EINVAL: 22 */
	key = 2;
	full = -bpf_map_update_elem(&a, &key, &value, BPF_ANY);		/* E2BIG: 7 */
	return (exists == 17) << 17 | gone << 8 | full;
}
