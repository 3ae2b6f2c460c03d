/* A workload of the shared benchmark, `u64 prog(u8 *mem, u64 len)`, as a program of type xdp on the value of a map. */
#include "large.h"

#define W_H
typedef __u8 u8;
typedef __u16 u16;
typedef __u32 u32;
typedef __u64 u64;
typedef __s32 s32;
typedef __s64 s64;
#define INL static inline __attribute__((always_inline))
#define NOINL static __attribute__((noinline))
#define ENTRY static inline __attribute__((always_inline))
#define PROGNAME(n) prog
#define rd(T, p) (*(const T *)(p))
#define wr(T, p, v) (*(T *)(p) = (v))
#define can_loop ({ __label__ lb, lc; int r_ = 1; \
	asm volatile goto("may_goto %l[lb]" :::: lb); goto lc; lb: r_ = 0; lc:; r_; })

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 256);
	__type(key, __u32);
	__type(value, __u64);
} numbers SEC(".maps");
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 256);
	__type(key, __u32);
	__type(value, __u64);
} hashed SEC(".maps");

static u64 (*const host_fn)(u64, u64) = (void *)8;
#define arr_lookup(map, key) bpf_map_lookup_elem(map, key)
#define hash_lookup(map, key) bpf_map_lookup_elem(map, key)
#define hash_update(map, key, value, flags) bpf_map_update_elem(map, key, value, flags)
#define MAPREF_ARR &numbers
#define MAPREF_HASH &hashed

#include SOURCE

SEC("xdp") int wrapped(struct xdp_md *ctx)
{
	u8 *mem = area();
	u64 len = ctx->rx_queue_index;

	if (!mem || len < 54 || len > sizeof(struct area))
		return XDP_ABORTED;
	return prog(mem, len) & 1 ? XDP_PASS : XDP_DROP;
}
