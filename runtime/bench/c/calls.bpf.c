// SPDX-License-Identifier: Apache-2.0 OR MIT
/* What a call costs: of a plugin, of a helper, of a map. */
#include <stingless/bpf.h>

static __u64 (*const host_fn)(__u64 a, __u64 b) = (void *)60000;
static __u64 (*const closure)(__u64 a, __u64 b) = (void *)60001;

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 256);
	__type(key, __u32);
	__type(value, __u64);
} array SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 1024);
	__type(key, __u32);
	__type(value, __u64);
} hash SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, 65536);
} ring SEC(".maps");

SEC("raw/empty")
__u64 empty(void *mem, __u64 len)
{
	return len;
}

SEC("raw/helper")
__u64 helper(void *mem, __u64 len)
{
	__u64 sum = len;

	for (int i = 0; i < 1000; i++)
		sum = host_fn(sum, i);
	return sum;
}

SEC("raw/helper_closure")
__u64 helper_closure(void *mem, __u64 len)
{
	__u64 sum = len;

	for (int i = 0; i < 1000; i++)
		sum = closure(sum, i);
	return sum;
}

#define ADD(name, map, spread)                                           \
	SEC("raw/" #name)                                                \
	__u64 name(void *mem, __u64 len)                                 \
	{                                                                \
		__u64 sum = 0;                                           \
                                                                         \
		for (__u32 i = 0; i < 1000; i++) {                       \
			__u32 key = (i * 7 & 255) * (spread);            \
			__u64 *value = bpf_map_lookup_elem(&map, &key);  \
                                                                         \
			if (!value)                                      \
				return 0;                                \
			sum += *value;                                   \
			*value += i;                                     \
		}                                                        \
		return sum;                                              \
	}

ADD(array_add, array, 1)
ADD(hash_add, hash, 2654435761u)

SEC("raw/hash_update")
__u64 hash_update(void *mem, __u64 len)
{
	for (__u32 i = 0; i < 1000; i++) {
		__u32 key = (i * 7 & 255) * 2654435761u;
		__u64 value = i;

		bpf_map_update_elem(&hash, &key, &value, BPF_ANY);
	}
	return 0;
}

SEC("raw/ring_submit")
__u64 ring_submit(void *mem, __u64 len)
{
	for (int i = 0; i < 64; i++) {
		__u64 *record = bpf_ringbuf_reserve(&ring, 16, 0);

		if (!record)
			return i;
		record[0] = i;
		record[1] = len;
		bpf_ringbuf_submit(record, BPF_RB_NO_WAKEUP);
	}
	return 64;
}

char LICENSE[] SEC("license") = "Dual MIT/GPL";
