// Updates of an array without locks that ask for one: the index is looked at first, then the flag to create, then the lock.
// hook: xdp
// run: data=inc64 -> 0x71116
#include "corpus.h"

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 2);
	__type(key, __u32);
	__type(value, __u64);
} a SEC(".maps");

SEC("xdp") int lock(struct xdp_md *ctx)
{
	__u32 key = 2;
	__u64 value = 5;
	long outside, exists, none;

	outside = -bpf_map_update_elem(&a, &key, &value, 4); /* E2BIG: 7 */
	key = 1;
	exists = -bpf_map_update_elem(&a, &key, &value, 4 | BPF_NOEXIST); /* EEXIST: 17 */
	none = -bpf_map_update_elem(&a, &key, &value, 4); /* EINVAL: 22 */
	return outside << 16 | exists << 8 | none;
}
