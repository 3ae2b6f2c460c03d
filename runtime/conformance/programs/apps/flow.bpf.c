// Shapes of programs: functions, callbacks, tail calls, switches, loops, layouts of data, idioms that please verifiers.
// hook: xdp
// levels: O2.v3 O1.v4
#include "app.h"

static NOINLINE __u32 five(__u32 x) { return x * 3 + 1; }
static NOINLINE __u32 four(__u32 x) { return five(x) ^ 5; }
static NOINLINE __u32 three(__u32 x) { return four(x + 1) + five(x); }
static NOINLINE __u32 two(__u32 x) { return three(x) * 2; }
static NOINLINE __u32 one(__u32 x) { return two(x ^ 3) + 7; }

// Calls five deep.
// program: five_deep
// run: data=inc14 05 -> 83
SEC("xdp") int five_deep(struct xdp_md *ctx)
{
	__u8 *p = DATA(ctx) + 14;

	return (void *)(p + 1) > DATA_END(ctx) ? 0 : one(*p);
}

NOINLINE int global_add(int a, int b) { return a + b; }

// program: global_function
// run: data=inc14 -> 42
SEC("xdp") int global_function(struct xdp_md *ctx)
{
	return global_add(ctx->data_end - ctx->data, 28);
}

struct pair {
	__u32 a, b;
};
NOINLINE int global_swap(struct pair *p)
{
	__u32 t;

	if (!p)
		return -1;
	t = p->a;
	p->a = p->b;
	p->b = t;
	return t;
}

// program: global_memory
// run: data=inc14 -> 0x20001
SEC("xdp") int global_memory(struct xdp_md *ctx)
{
	struct pair p = {1, 2};

	global_swap(&p);
	return p.a << 16 | p.b;
}

NOINLINE int global_first(struct xdp_md *ctx)
{
	__u8 *p = DATA(ctx);

	return (void *)(p + 1) > DATA_END(ctx) ? -1 : *p;
}

// program: global_ctx
// run: data=77 inc13 -> 0x77
SEC("xdp") int global_ctx(struct xdp_md *ctx)
{
	return global_first(ctx);
}

static long square(__u32 i, __u64 *sum)
{
	*sum += (__u64)i * i;
	return 0;
}

// program: loop_squares
// run: data=inc14 -> 285
SEC("xdp") int loop_squares(struct xdp_md *ctx)
{
	__u64 sum = 0;

	bpf_loop(10, square, &sum, 0);
	return sum;
}

struct search {
	__u32 want, at;
};
static const __u32 LIST[8] = {3, 1, 4, 1, 5, 9, 2, 6};
static long seek(__u32 i, struct search *s)
{
	if (LIST[i & 7] != s->want)
		return 0;
	s->at = i;
	return 1;
}

// program: loop_search
// run: data=inc14 09 -> 5
// run: data=inc14 07 -> 99
SEC("xdp") int loop_search(struct xdp_md *ctx)
{
	__u8 *p = DATA(ctx) + 14;
	struct search s = {0, 99};

	if ((void *)(p + 1) > DATA_END(ctx))
		return -1;
	s.want = *p;
	bpf_loop(8, seek, &s, 0);
	return s.at;
}

MAP(ages, HASH, __u32, __u32, 8);
static long oldest(void *map, __u32 *key, __u32 *value, __u32 *most)
{
	if (*value > *most)
		*most = *value;
	return 0;
}

// program: each_oldest
// init ages: 1/4=30/4, 2/4=50/4, 3/4=40/4
// run: data=inc14 -> 50
SEC("xdp") int each_oldest(struct xdp_md *ctx)
{
	__u32 most = 0;

	bpf_for_each_map_elem(&ages, oldest, &most, 0);
	return most;
}

MAP(limits, ARRAY, __u32, __u32, 4);
static long double_it(void *map, __u32 *key, __u32 *value, void *none)
{
	*value = *value * 2 + *key;
	return 0;
}

// program: each_double
// init limits: 0/4=1/4, 1/4=2/4, 2/4=3/4, 3/4=4/4
// run: data=inc14 -> 4
// map limits: 0/4=2/4 1/4=5/4 2/4=8/4 3/4=11/4
SEC("xdp") int each_double(struct xdp_md *ctx)
{
	return bpf_for_each_map_elem(&limits, double_it, 0, 0);
}

// A switch with many arms.
// program: opcode_switch
// run: data=inc14 07 03 02 -> 9
// run: data=inc14 04 03 02 -> 1
// run: data=inc14 63 03 02 -> 0xffffffff
SEC("xdp") int opcode_switch(struct xdp_md *ctx)
{
	__u8 *p = DATA(ctx) + 14;

	if ((void *)(p + 3) > DATA_END(ctx))
		return -2;
	__u32 a = p[1], b = p[2];
	switch (p[0]) {
	case 0: return a + b;
	case 1: return a - b;
	case 2: return a * b;
	case 3: return b ? a / b : 0;
	case 4: return b ? a % b : 0;
	case 5: return a & b;
	case 6: return a | b;
	case 7: return a * a;
	case 8: return a << (b & 31);
	case 9: return a >> (b & 31);
	case 10: return a ^ b;
	case 11: return a > b;
	case 12: return a < b;
	case 13: return a == b;
	case 14: return ~a;
	case 15: return -b;
	default: return -1;
	}
}

// A stack machine: bytes below 0x80 are pushed, others compute.
// program: stack_machine
// run: data=inc14 0304 80 05 81 -> 35
// run: data=inc14 09 -> 9
SEC("xdp") int stack_machine(struct xdp_md *ctx)
{
	__u32 stack[8] = {}, top = 0;

	EACH(ctx, i, c, 8) {
		if (c < 0x80) {
			stack[top & 7] = c;
			top++;
			continue;
		}
		if (top < 2)
			break;
		__u32 a = stack[(top - 1) & 7], b = stack[(top - 2) & 7];
		top--;
		stack[(top - 1) & 7] = c == 0x80 ? a + b : a * b;
	}
	return stack[(top - 1) & 7];
}

union value {
	__u32 word;
	__u16 half[2];
	__u8 byte[4];
};

// program: unions
// run: data=inc14 11223344 -> 0x3399
SEC("xdp") int unions(struct xdp_md *ctx)
{
	__u32 *p = DATA(ctx) + 14;
	union value v;

	if ((void *)(p + 1) > DATA_END(ctx))
		return 0;
	v.word = *p;
	v.byte[0] = 0x99;
	v.half[1] = v.byte[2];
	return v.half[1] << 8 | v.byte[0];
}

struct flags {
	__u32 kind : 3, level : 5, mark : 11, rest : 13;
} __attribute__((packed));

// program: bitfields
// run: data=inc14 effbcdab -> 0x71d0b
SEC("xdp") int bitfields(struct xdp_md *ctx)
{
	struct flags *f = DATA(ctx) + 14;

	if ((void *)(f + 1) > DATA_END(ctx))
		return 0;
	f->kind = 7;
	return f->kind << 16 | f->level << 8 | (f->mark & 0xf);
}

struct odd {
	__u8 tag;
	__u32 value;
	__u16 end;
} __attribute__((packed));

// Fields at odd offsets.
// program: packed
// run: data=inc14 01 78563412 cdab -> 0x1235007d
SEC("xdp") int packed(struct xdp_md *ctx)
{
	struct odd *o = DATA(ctx) + 14;

	if ((void *)(o + 1) > DATA_END(ctx))
		return 0;
	return o->value + o->end - 0x1c8;
}

struct node {
	__u16 next;
	__u16 value;
};
static const struct node NODES[8] = {{3, 1}, {0, 2}, {1, 4}, {6, 8}, {0, 16}, {2, 32}, {5, 64}, {0, 128}};

// A linked list by indices.
// program: linked_list
// run: data=inc14 03 -> 110
SEC("xdp") int linked_list(struct xdp_md *ctx)
{
	__u8 *p = DATA(ctx) + 14;
	__u32 sum = 0;

	if ((void *)(p + 1) > DATA_END(ctx))
		return -1;
	__u32 at = *p & 7;
	for (int i = 0; i < 5 && at; i++) {
		sum += NODES[at].value;
		at = NODES[at].next & 7;
	}
	return sum;
}

// An index that the compiler may not move behind its check.
// program: barrier
// run: data=inc14 05 -> 9
// run: data=inc14 50 -> 0
SEC("xdp") int barrier(struct xdp_md *ctx)
{
	__u8 *p = DATA(ctx) + 14;

	if ((void *)(p + 1) > DATA_END(ctx))
		return -1;
	__u32 at = *p;
	barrier_var(at);
	if (at >= 8)
		return 0;
	barrier_var(at);
	return LIST[at];
}

// A volatile counter lives on the stack.
// program: volatile_counter
// run: data=inc14 -> 10
SEC("xdp") int volatile_counter(struct xdp_md *ctx)
{
	volatile __u32 n = 0;

	for (int i = 0; i < 5; i++)
		n += i;
	return n;
}

// Many live values: some are spilled.
// program: spills
// run: data=inc14 inc16 -> 1600
SEC("xdp") int spills(struct xdp_md *ctx)
{
	__u8 *p = DATA(ctx) + 14;

	if ((void *)(p + 16) > DATA_END(ctx))
		return -1;
	__u32 v[16], sum = 0;
#pragma unroll
	for (int i = 0; i < 16; i++)
		v[i] = p[i] * (i + 3);
	barrier_var(sum);
#pragma unroll
	for (int i = 0; i < 16; i++)
		sum += v[15 - i] + (v[i] & 1) * 100;
	return sum;
}

// A comma of conditions that clang turns into arithmetic.
// program: boolean_algebra
// run: data=inc14 01 00 ff -> 5
// run: data=inc14 00 00 00 -> 3
SEC("xdp") int boolean_algebra(struct xdp_md *ctx)
{
	__u8 *p = DATA(ctx) + 14;

	if ((void *)(p + 3) > DATA_END(ctx))
		return -1;
	_Bool a = p[0], b = p[1], c = p[2];
	return (a && c) << 2 | (!a && !b) << 1 | ((a || b) == c);
}

// Sixty-four bits beside thirty-two.
// program: widths
// run: data=inc14 ffffffff ffffffff -> 0x80000001
SEC("xdp") int widths(struct xdp_md *ctx)
{
	__u32 *p = DATA(ctx) + 14;

	if ((void *)(p + 2) > DATA_END(ctx))
		return 0;
	__u64 sum = (__u64)p[0] + p[1];
	__s32 minus = p[0];
	__s64 wide = minus;
	return (sum >> 32) + (wide < 0) * 0x80000000u + (sum == 0x1fffffffeull ? 0 : 5);
}

// Copies of several sizes by builtins.
// program: builtin_copies
// run: data=inc14 0102030405060708090a0b0c0d0e0f10 -> 0x0d030201
SEC("xdp") int builtin_copies(struct xdp_md *ctx)
{
	__u8 *p = DATA(ctx) + 14, copy[16], other[16];

	if ((void *)(p + 16) > DATA_END(ctx))
		return 0;
	__builtin_memcpy(copy, p, 16);
	__builtin_memset(other, 0, 16);
	__builtin_memcpy(other, copy + 12, 3);
	__builtin_memmove(copy + 1, copy, 3);
	return other[0] << 24 | copy[3] << 16 | copy[2] << 8 | copy[1];
}

MAP(counter, ARRAY, __u32, __u64, 1);

// Every atomic of eight bytes that gives the old value.
// program: atomics
// run: data=inc14 -> 0x3f
// map counter: 0/4=9/8
SEC("xdp") int atomics(struct xdp_md *ctx)
{
	__u32 zero = 0, ok = 0;
	__u64 *c = bpf_map_lookup_elem(&counter, &zero);

	if (!c)
		return 0;
	ok |= __sync_fetch_and_add(c, 5) == 0;
	ok |= (__sync_fetch_and_or(c, 8) == 5) << 1;
	ok |= (__sync_fetch_and_and(c, 12) == 13) << 2;
	ok |= (__sync_fetch_and_xor(c, 1) == 12) << 3;
	ok |= (__sync_lock_test_and_set(c, 7) == 13) << 4;
	ok |= (__sync_val_compare_and_swap(c, 7, 9) == 7) << 5;
	return ok;
}

RING(events, 4096);
struct event {
	__u8 kind;
	__u32 len;
	__u16 proto;
};

// A record with padding, zeroed before it is filled.
// program: ring_event
// run: data=inc12 0800 inc20 -> 1
// ring events: 07 000000 22000000 0008 0000
SEC("xdp") int ring_event(struct xdp_md *ctx)
{
	struct eth *eth = DATA(ctx);
	struct event *e;

	if ((void *)(eth + 1) > DATA_END(ctx))
		return 0;
	__be16 proto = eth->proto;
	e = bpf_ringbuf_reserve(&events, sizeof(*e), 0);
	if (!e)
		return -1;
	__builtin_memset(e, 0, sizeof(*e));
	e->kind = 7;
	e->len = ctx->data_end - ctx->data;
	e->proto = bpf_ntohs(proto);
	bpf_ringbuf_submit(e, 0);
	return 1;
}

RING(drops, 4096);

// One record or another, on two paths.
// program: ring_paths
// run: data=inc14 01 -> 1
// run: data=inc14 00 -> 2
// ring drops: 01/8
SEC("xdp") int ring_paths(struct xdp_md *ctx)
{
	__u8 *p = DATA(ctx) + 14;

	if ((void *)(p + 1) > DATA_END(ctx))
		return 0;
	__u8 keep = *p;
	__u64 *r = bpf_ringbuf_reserve(&drops, 8, 0);
	if (!r)
		return -1;
	*r = keep;
	if (keep) {
		bpf_ringbuf_submit(r, 0);
		return 1;
	}
	bpf_ringbuf_discard(r, 0);
	return 2;
}

static __always_inline int inlined(void *p, void *end, __u32 depth)
{
	__u8 *b = p;

	if ((void *)(b + 1) > end)
		return -1;
	return *b + depth;
}

// The same function inlined in many places.
// program: always_inline
// run: data=inc64 -> 88
SEC("xdp") int always_inline(struct xdp_md *ctx)
{
	void *p = DATA(ctx), *end = DATA_END(ctx);

	return inlined(p, end, 1) + inlined(p + 8, end, 2) + inlined(p + 16, end, 3) + inlined(p + 24, end, 4) +
	       inlined(p + 30, end, 0);
}

// A loop that leaves in the middle and one that goes on.
// program: break_continue
// run: data=inc14 01 02 00 03 ff 09 -> 6
SEC("xdp") int break_continue(struct xdp_md *ctx)
{
	__u32 sum = 0;

	EACH(ctx, i, c, 16) {
		if (!c)
			continue;
		if (c == 0xff)
			break;
		sum += c;
	}
	return sum;
}

// Two loops, one in the other, over a small table.
// program: nested_loops
// run: data=inc14 -> 324
SEC("xdp") int nested_loops(struct xdp_md *ctx)
{
	__u32 sum = 0;

	for (__u32 i = 0; i < 6; i++)
		for (__u32 j = 0; j < 6; j++) {
			__u32 v = i + j + 4;
			barrier_var(v);
			sum += v;
		}
	return sum;
}

static volatile const __u32 SETTING = 12;

// A setting that a loader may change before the load, and does not.
// program: rodata_setting
// run: data=inc14 -> 12
SEC("xdp") int rodata_setting(struct xdp_md *ctx)
{
	return SETTING;
}

// goto instead of loops.
// program: goto_cleanup
// run: data=inc14 02 -> 0x12
// run: data=inc14 01 -> 0x11
// run: data=inc14 -> 0x10
SEC("xdp") int goto_cleanup(struct xdp_md *ctx)
{
	__u8 *p = DATA(ctx) + 14;
	__u32 r = 0;

	if ((void *)(p + 1) > DATA_END(ctx))
		goto out;
	if (*p == 1)
		goto first;
	if (*p != 2)
		goto out;
	r = 1;
first:
	r++;
out:
	return r | 0x10;
}
