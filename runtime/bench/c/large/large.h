/* Large programs for the verifier: what they share. N scales each. SPDX-License-Identifier: Apache-2.0 OR MIT */
#include <stingless/bpf.h>

char LICENSE[] SEC("license") = "Dual MIT/GPL";

#define DATA(ctx) ((__u8 *)(long)(ctx)->data)
#define DATA_END(ctx) ((__u8 *)(long)(ctx)->data_end)
/* The compiler must not know the number. */
#define HIDE(x) asm volatile("" : "+r"(x))

struct area {
	__u8 bytes[4096];
};

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct area);
} areas SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 1024);
	__type(key, __u64);
	__type(value, __u64);
} table SEC(".maps");

static __always_inline __u8 *area(void)
{
	__u32 zero = 0;
	return bpf_map_lookup_elem(&areas, &zero);
}
