// A deleted key is gone; the pointer taken before stays readable until the program ends.
// hook: xdp
// init h: 1/4=11/8 2/4=22/8
// run: data=inc64 -> 0x20b
// map h: 2/4=22/8
#include "corpus.h"

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 8);
	__type(key, __u32);
	__type(value, __u64);
} h SEC(".maps");

SEC("xdp") int del(struct xdp_md *ctx)
{
	__u32 key = 1;
	__u64 *held = bpf_map_lookup_elem(&h, &key);
	long err;

	if (!held || bpf_map_delete_elem(&h, &key))
		return 0;
	err = -bpf_map_delete_elem(&h, &key);		/* ENOENT: 2 */
	if (bpf_map_lookup_elem(&h, &key))
		return 1;
	return err << 8 | (*held & 0xff);
}
