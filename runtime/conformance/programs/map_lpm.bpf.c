// The longest prefix that matches; prefixes that are too long; updates with every flag; a full map.
// hook: xdp
// init t: 8/4 0a000000=1/4, 16/4 0a010000=2/4, 24/4 0a010200=3/4
// run: data=inc16 -> 0xf3835a22
#include "packet.h"

struct lpm {
	__u32 len;
	__u8 addr[4];
};

struct {
	__uint(type, BPF_MAP_TYPE_LPM_TRIE);
	__uint(max_entries, 5);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__type(key, struct lpm);
	__type(value, __u32);
} t SEC(".maps");

static __u32 find(__u32 len, __u8 a, __u8 b, __u8 c, __u8 d)
{
	struct lpm key = { len, { a, b, c, d } };
	__u32 *v = bpf_map_lookup_elem(&t, &key);

	return v ? *v : 99;
}

static long put(__u32 len, __u8 a, __u8 b, __u32 value, __u64 flags)
{
	struct lpm key = { len, { a, b, len ? 3 : 0, len ? 4 : 0 } };

	return bpf_map_update_elem(&t, &key, &value, flags);
}

static long drop(__u32 len, __u8 a, __u8 b)
{
	struct lpm key = { len, { a, b, 200, 9 } };

	return bpf_map_delete_elem(&t, &key);
}

SEC("xdp") int lpm(struct xdp_md *ctx)
{
	__u32 sum = 0;

	MIX(sum, find(32, 10, 1, 2, 3));
	MIX(sum, find(32, 10, 1, 3, 3));
	MIX(sum, find(32, 10, 2, 3, 3));
	MIX(sum, find(32, 11, 2, 3, 3));
	MIX(sum, find(16, 10, 1, 2, 3));
	MIX(sum, find(15, 10, 1, 2, 3));
	MIX(sum, find(7, 10, 1, 2, 3));
	MIX(sum, find(33, 10, 1, 2, 3));
	MIX(sum, put(0, 0, 0, 40, BPF_ANY));
	MIX(sum, find(32, 11, 2, 3, 3));
	MIX(sum, find(0, 11, 2, 3, 3));
	MIX(sum, put(33, 1, 2, 41, BPF_ANY));
	MIX(sum, put(16, 10, 1, 42, BPF_NOEXIST));
	MIX(sum, put(16, 10, 1, 43, BPF_EXIST));
	MIX(sum, put(17, 10, 1, 44, BPF_EXIST));
	MIX(sum, put(17, 10, 1, 44, 3));
	MIX(sum, put(32, 10, 1, 45, BPF_NOEXIST));
	MIX(sum, put(31, 10, 1, 46, BPF_ANY));
	MIX(sum, find(32, 10, 1, 3, 4));
	MIX(sum, find(31, 10, 1, 3, 4));
	MIX(sum, drop(32, 10, 1));
	MIX(sum, drop(33, 10, 1));
	MIX(sum, drop(16, 10, 1));
	MIX(sum, find(32, 10, 1, 3, 4));
	return sum;
}
