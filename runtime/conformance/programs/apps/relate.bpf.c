// What ties numbers to each other: proved by refinement, and neighbours by a hair that are refused.
// hook: xdp
// levels: O2.v3 O1.v2
#include "app.h"

struct cell {
	__u8 byte[16];
};
MAP(cells, ARRAY, __u32, struct cell, 1);
struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, 4096);
} events SEC(".maps");

/* The bytes of a cell in c, and two of the packet. */
#define BEGIN                                                                            \
	__u8 *p = DATA(ctx) + 14;                                                        \
	if ((void *)(p + 2) > DATA_END(ctx))                                             \
		return -1;                                                               \
	__u64 a = p[0], b = p[1];                                                        \
	__u32 key = 0;                                                                   \
	struct cell *cell = bpf_map_lookup_elem(&cells, &key);                           \
	if (!cell)                                                                       \
		return -2;                                                               \
	__u8 *c = cell->byte

// program: two_parts
// but: ok live: beyond, proved by refinement
// init cells: 0/4=inc16
// run: data=inc14 00 00 -> 15
// run: data=inc14 0f 00 -> 15
// run: data=inc14 ff 00 -> 15
SEC("xdp") int two_parts(struct xdp_md *ctx)
{
	BEGIN;
	a &= 15;
	b = 15 - a;
	barrier_var(b);
	c += a;
	barrier_var(c);
	return c[b];
}

// program: two_parts_too_far
// reject: map-value-bounds *
SEC("xdp") int two_parts_too_far(struct xdp_md *ctx)
{
	BEGIN;
	a &= 15;
	b = 16 - a;
	barrier_var(b);
	c += a;
	barrier_var(c);
	return c[b];
}

// program: sum_checked
// but: ok live: beyond, proved by refinement
// init cells: 0/4=inc16
// run: data=inc14 00 0f -> 15
// run: data=inc14 0f 00 -> 15
// run: data=inc14 07 08 -> 15
// run: data=inc14 08 08 -> 0xfffffffd
// run: data=inc14 ff ff -> 0xfffffffd
SEC("xdp") int sum_checked(struct xdp_md *ctx)
{
	BEGIN;
	__u64 sum = a + b;
	barrier_var(sum);
	if (sum > 15)
		return -3;
	c += a;
	barrier_var(c);
	return c[b];
}

// program: sum_checked_too_late
// reject: map-value-bounds *
SEC("xdp") int sum_checked_too_late(struct xdp_md *ctx)
{
	BEGIN;
	__u64 sum = a + b;
	barrier_var(sum);
	if (sum > 16)
		return -3;
	c += a;
	barrier_var(c);
	return c[b];
}

// program: part_to_ring
// but: ok live: beyond, proved by refinement
// init cells: 0/4=inc16
// run: data=inc14 00 10 -> 0
// run: data=inc14 0f 01 -> 0
// run: data=inc14 08 09 -> 0xfffffffd
// run: data=inc14 f0 10 -> 0xfffffffd
// ring events: inc16, 0f
SEC("xdp") int part_to_ring(struct xdp_md *ctx)
{
	BEGIN;
	__u64 end = a + b;
	barrier_var(end);
	if (end > sizeof(*cell))
		return -3;
	c += a;
	barrier_var(c);
	return bpf_ringbuf_output(&events, c, b, 0);
}

// program: part_to_ring_too_long
// reject: map-value-bounds *
SEC("xdp") int part_to_ring_too_long(struct xdp_md *ctx)
{
	BEGIN;
	__u64 end = a + b;
	barrier_var(end);
	if (end > sizeof(*cell) + 1)
		return -3;
	c += a;
	barrier_var(c);
	return bpf_ringbuf_output(&events, c, b, 0);
}

// program: kinds
// but: ok live: beyond, proved by refinement
// init cells: 0/4=inc16
// run: data=inc14 01 00 -> 3
// run: data=inc14 02 00 -> 0xfffffffd
// run: data=inc14 00 00 -> 0xfffffffd
SEC("xdp") int kinds(struct xdp_md *ctx)
{
	BEGIN;
	__u64 at = 100;
	if (a == 1)
		at = 3;
	barrier_var(at);
	a *= 3;
	barrier_var(a);
	if (a != 3)
		return -3;
	return c[at];
}

// program: kinds_of_another
// reject: map-value-bounds *
SEC("xdp") int kinds_of_another(struct xdp_md *ctx)
{
	BEGIN;
	__u64 at = 100;
	if (a == 1)
		at = 3;
	barrier_var(at);
	a *= 3;
	barrier_var(a);
	if (a != 6)
		return -3;
	return c[at];
}

// program: less_than_the_other
// but: ok live: beyond, proved by refinement
// init cells: 0/4=inc16
// run: data=inc14 0f 00 -> 15
// run: data=inc14 ff f1 -> 14
// run: data=inc14 ff ef -> 0xfffffffd
// run: data=inc14 03 04 -> 0xfffffffd
SEC("xdp") int less_than_the_other(struct xdp_md *ctx)
{
	BEGIN;
	if (a < b)
		return -3;
	__u64 most = b + 15;
	barrier_var(most);
	if (a > most)
		return -3;
	a -= b;
	barrier_var(a);
	return c[a];
}
