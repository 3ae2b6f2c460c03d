/* What each program of this folder says by its name. SPDX-License-Identifier: Apache-2.0 OR MIT */
#include <stingless/bpf.h>

char LICENSE[] SEC("license") = "Dual MIT/GPL";

/* Accepted, here and by Linux; runs give the same. */
#define OK(name) SEC("xdp") int ok_##name(struct xdp_md *ctx)
/* Refused, here (with that kind of rejection) and by Linux. */
#define BAD(kind, name) SEC("xdp") int bad_##kind##__##name(struct xdp_md *ctx)
/* Refused here, accepted by Linux. */
#define STRICT(kind, name) SEC("xdp") int strict_##kind##__##name(struct xdp_md *ctx)
/* Accepted here, refused by Linux. */
#define MORE(name) SEC("xdp") int more_##name(struct xdp_md *ctx)

/* The compiler knows nothing of the value from here on. */
#define hide(x) asm volatile("" : "+r"(x))
/* Nor of memory. */
#define fence() asm volatile("" ::: "memory")

typedef struct bpf_iter_num num;

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__type(key, __u32);
	__type(value, __u8[64]);
	__uint(max_entries, 1);
} bytes SEC(".maps");

static __always_inline __u8 *lookup(void)
{
	__u32 zero = 0;

	return bpf_map_lookup_elem(&bytes, &zero);
}
