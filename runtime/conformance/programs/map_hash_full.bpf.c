// hook: xdp
// run: data=inc64 -> 0x70000
// map h: 0/4=0/8 1/4=1/8 2/4=2/8 3/4=3/8
#include "corpus.h"

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 4);
	__type(key, __u32);
	__type(value, __u64);
} h SEC(".maps");

SEC("xdp") int full(struct xdp_md *ctx)
{
	__u32 ok = 0;
	long err = 0;

	for (__u32 key = 0; key < 5; key++) {
		__u32 k = key;
		__u64 value = key;

		err = bpf_map_update_elem(&h, &k, &value, BPF_ANY);	/* E2BIG: 7 */
		ok += err != 0;
	}
	return ok == 1 ? -err << 16 : ok;
}
