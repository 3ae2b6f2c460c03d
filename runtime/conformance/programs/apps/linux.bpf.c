// Later helpers, kinds of maps and objects: queues, tries, filters, locks, views, iterators.
// hook: xdp
// levels: O2.v3 O1.v2
#include "app.h"

#define VALUES(name, kind, v, n)             \
	struct {                             \
		__uint(type, kind);          \
		__uint(max_entries, n);      \
		__type(value, v);            \
	} name SEC(".maps")

VALUES(jobs, BPF_MAP_TYPE_QUEUE, __u32, 4);

// First in, first out: the byte 0 takes.
// program: queue_jobs
// run: data=inc14 05 -> 0
// run: data=inc14 06 -> 0
// run: data=inc14 00 -> 5
// run: data=inc14 00 -> 6
// run: data=inc14 00 -> 0xffffffff
SEC("xdp") int queue_jobs(struct xdp_md *ctx)
{
	__u8 *p = DATA(ctx) + 14;
	__u32 v;

	if ((void *)(p + 1) > DATA_END(ctx))
		return -2;
	v = *p;
	if (v)
		return bpf_map_push_elem(&jobs, &v, 0);
	return bpf_map_pop_elem(&jobs, &v) ? -1 : v;
}

VALUES(undo, BPF_MAP_TYPE_STACK, __u32, 4);

// Last in, first out.
// program: stack_undo
// run: data=inc14 05 -> 5
// run: data=inc14 06 -> 6
// run: data=inc14 00 -> 6
// run: data=inc14 00 -> 5
SEC("xdp") int stack_undo(struct xdp_md *ctx)
{
	__u8 *p = DATA(ctx) + 14;
	__u32 v;

	if ((void *)(p + 1) > DATA_END(ctx))
		return -2;
	v = *p;
	if (!v)
		return bpf_map_pop_elem(&undo, &v) ? -1 : v;
	bpf_map_push_elem(&undo, &v, 0);
	return bpf_map_peek_elem(&undo, &v) ? -1 : v;
}

struct prefix {
	__u32 len;
	__u8 addr[4];
};
struct {
	__uint(type, BPF_MAP_TYPE_LPM_TRIE);
	__uint(max_entries, 8);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__type(key, struct prefix);
	__type(value, __u32);
} routes SEC(".maps");

// The longest prefix that fits.
// program: route
// init routes: 8/4 0a000000=8/4, 16/4 0a010000=16/4
// run: data=inc12 0800 inc16 0a010203 -> 16
// run: data=inc12 0800 inc16 0a020203 -> 8
// run: data=inc12 0800 inc16 0b020203 -> 0
SEC("xdp") int route(struct xdp_md *ctx)
{
	struct ipv4 *ip = DATA(ctx) + 14;
	struct prefix key = {32};

	if ((void *)(ip + 1) > DATA_END(ctx))
		return -1;
	__builtin_memcpy(key.addr, &ip->dst, 4);
	__u32 *v = bpf_map_lookup_elem(&routes, &key);
	return v ? *v : 0;
}

// The checksum of sixteen bytes by the helper.
// program: csum_helper
// run: data=inc14 4500 0073 0000 4000 4011 0000 c0a8 0001 -> 0xd179
SEC("xdp") int csum_helper(struct xdp_md *ctx)
{
	__be32 *p = DATA(ctx) + 14, copy[4];

	if ((void *)(p + 4) > DATA_END(ctx))
		return -1;
	__builtin_memcpy(copy, p, 16);
	__u64 sum = bpf_csum_diff(0, 0, copy, 16, 0);
	sum = (sum & 0xffff) + (sum >> 16 & 0xffff);
	sum = (sum & 0xffff) + (sum >> 16);
	return (__u16)~sum;
}

struct account {
	struct bpf_spin_lock lock;
	__u32 debit, credit;
};
MAP(accounts, ARRAY, __u32, struct account, 2);

// Two fields that change together.
// program: locked_pair
// run: data=inc14 05 -> 0x50005
// run: data=inc14 02 -> 0x70007
SEC("xdp") int locked_pair(struct xdp_md *ctx)
{
	__u8 *p = DATA(ctx) + 14;
	__u32 zero = 0, amount, sum;
	struct account *a = bpf_map_lookup_elem(&accounts, &zero);

	if (!a || (void *)(p + 1) > DATA_END(ctx))
		return -1;
	amount = *p;
	bpf_spin_lock(&a->lock);
	a->debit += amount;
	a->credit += amount;
	sum = a->debit << 16 | a->credit;
	bpf_spin_unlock(&a->lock);
	return sum;
}

// A lock that is not given back.
// program: locked_for_ever
// reject: lock-held *
SEC("xdp") int locked_for_ever(struct xdp_md *ctx)
{
	__u32 one = 1;
	struct account *a = bpf_map_lookup_elem(&accounts, &one);

	if (!a)
		return -1;
	bpf_spin_lock(&a->lock);
	if (a->debit > 7)
		return 1;
	bpf_spin_unlock(&a->lock);
	return 0;
}

MAP(scratch, ARRAY, __u32, __u64, 2);

// A view of a map's value, written and read at an offset.
// program: view
// run: data=inc14 -> 0x11223344
SEC("xdp") int view(struct xdp_md *ctx)
{
	__u32 one = 1, in = 0x11223344, out = 0;
	__u64 *v = bpf_map_lookup_elem(&scratch, &one);
	struct bpf_dynptr d;

	if (!v)
		return 0;
	if (bpf_dynptr_from_mem(v, 8, 0, &d))
		return 1;
	if (bpf_dynptr_write(&d, 4, &in, 4, 0))
		return 2;
	if (bpf_dynptr_read(&out, 4, &d, 4, 0))
		return 3;
	return out;
}

MAP(scratch2, ARRAY, __u32, __u64, 1);

// A view read behind its end.
// program: view_too_far
// run: data=inc14 -> 0xfffffff9
SEC("xdp") int view_too_far(struct xdp_md *ctx)
{
	__u32 zero = 0, out = 0;
	__u64 *v = bpf_map_lookup_elem(&scratch2, &zero);
	struct bpf_dynptr d;

	if (!v || bpf_dynptr_from_mem(v, 8, 0, &d))
		return 1;
	return bpf_dynptr_read(&out, 4, &d, 6, 0);
}

RING(views, 4096);

// A record as a view, given back on both paths.
// program: ring_view
// run: data=inc14 01 -> 1
// run: data=inc14 00 -> 0
// ring views: 42/8
SEC("xdp") int ring_view(struct xdp_md *ctx)
{
	__u8 *p = DATA(ctx) + 14, keep;
	__u64 value = 0x2a;
	struct bpf_dynptr d;

	if ((void *)(p + 1) > DATA_END(ctx))
		return -1;
	keep = *p;
	if (bpf_ringbuf_reserve_dynptr(&views, 8, 0, &d) || !keep) {
		bpf_ringbuf_discard_dynptr(&d, 0);
		return 0;
	}
	bpf_dynptr_write(&d, 0, &value, 8, 0);
	bpf_ringbuf_submit_dynptr(&d, 0);
	return 1;
}

// A view of a record that is lost.
// program: ring_view_lost
// reject: reference-leak *
SEC("xdp") int ring_view_lost(struct xdp_md *ctx)
{
	struct bpf_dynptr d;

	bpf_ringbuf_reserve_dynptr(&views, 8, 0, &d);
	return 0;
}

// A line without arguments.
// program: print_plain
// run: data=inc14 -> 3
SEC("xdp") int print_plain(struct xdp_md *ctx)
{
	static const char text[] = "hi\n";

	bpf_get_smp_processor_id();
	bpf_trace_printk(text, sizeof(text));
	return 3;
}

// Numbers by an iterator.
// program: iterate
// run: data=inc14 -> 45
SEC("xdp") int iterate(struct xdp_md *ctx)
{
	struct bpf_iter_num it;
	__u32 sum = 0;
	int *v;

	bpf_iter_num_new(&it, 0, 10);
	while ((v = bpf_iter_num_next(&it)))
		sum += *v;
	bpf_iter_num_destroy(&it);
	return sum;
}

// The packet's bytes by an iterator, each checked.
// program: iterate_bytes
// run: data=inc14 010203 -> 6
// run: data=inc14 -> 0
SEC("xdp") int iterate_bytes(struct xdp_md *ctx)
{
	struct bpf_iter_num it;
	__u32 sum = 0;
	int *v;

	bpf_iter_num_new(&it, 0, 500);
	while ((v = bpf_iter_num_next(&it))) {
		__u32 at = *v;
		__u8 *p = DATA(ctx);
		if (at > 500)
			break;
		p += 14 + at;
		if ((void *)(p + 1) > DATA_END(ctx))
			break;
		sum += *p;
	}
	bpf_iter_num_destroy(&it);
	return sum;
}

// An iterator that is not destroyed on one path.
// program: iterate_leak
// reject: reference-leak *
SEC("xdp") int iterate_leak(struct xdp_md *ctx)
{
	struct bpf_iter_num it;
	int *v;

	bpf_iter_num_new(&it, 0, 10);
	while ((v = bpf_iter_num_next(&it)))
		if (*v == ctx->ingress_ifindex)
			return 1;
	bpf_iter_num_destroy(&it);
	return 0;
}
