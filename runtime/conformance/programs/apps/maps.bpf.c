// Maps: counters, tables, queues, caches, sketches. Every program has maps of its own.
// hook: xdp
// levels: O2.v3 O1.v4
#include "app.h"

MAP(hits, ARRAY, __u32, __u64, 4);

// program: count_all
// run: data=inc14 -> 1
// run: data=inc20 -> 2
// map hits: 0/4=2/8 1/4=34/8 2/4=0/8 3/4=0/8
SEC("xdp") int count_all(struct xdp_md *ctx)
{
	__u32 zero = 0, one = 1;
	__u64 *n = bpf_map_lookup_elem(&hits, &zero), *bytes = bpf_map_lookup_elem(&hits, &one);

	if (!n || !bytes)
		return 0;
	__sync_fetch_and_add(bytes, (__u64)(DATA_END(ctx) - DATA(ctx)));
	return ++*n;
}

MAP(sizes, ARRAY, __u32, __u32, 16);

// A histogram by powers of two.
// program: log2_histogram
// run: data=inc14 -> 3
// run: data=inc64 -> 6
// run: data=inc100 -> 6
// map sizes: 0/4=0/4 1/4=0/4 2/4=0/4 3/4=1/4 4/4=0/4 5/4=0/4 6/4=2/4 7/4=0/4 8/4=0/4 9/4=0/4 10/4=0/4 11/4=0/4 12/4=0/4 13/4=0/4 14/4=0/4 15/4=0/4
SEC("xdp") int log2_histogram(struct xdp_md *ctx)
{
	__u32 v = DATA_END(ctx) - DATA(ctx), slot = 0;

	if (v >= 1 << 8)
		v >>= 8, slot += 8;
	if (v >= 1 << 4)
		v >>= 4, slot += 4;
	if (v >= 1 << 2)
		v >>= 2, slot += 2;
	if (v >= 1 << 1)
		slot += 1;
	__u32 *n = bpf_map_lookup_elem(&sizes, &slot);
	if (n)
		*n += 1;
	return slot;
}

struct flow {
	__be32 src, dst;
	__be16 sport, dport;
	__u8 proto, pad[3];
};
struct stat {
	__u64 packets, bytes;
};
MAP(flows, HASH, struct flow, struct stat, 64);

// program: flow_table
// run: data=inc12 0800 4500 0020 0000 0000 40 11 0000 01020304 05060708 0035 1000 0008 0000 -> 1
// run: data=inc12 0800 4500 0020 0000 0000 40 11 0000 01020304 05060708 0035 1000 0008 0000 -> 2
// run: data=inc12 0800 4500 0020 0000 0000 40 01 0000 01020304 05060708 0035 1000 0008 0000 -> 0
// map flows: 01020304 05060708 0035 1000 11 000000=2/8 84/8
SEC("xdp") int flow_table(struct xdp_md *ctx)
{
	struct ipv4 *ip = DATA(ctx) + 14;
	struct udp *l4 = (void *)(ip + 1);

	if ((void *)(l4 + 1) > DATA_END(ctx) || (ip->proto != 17 && ip->proto != 6))
		return 0;
	struct flow key = {.src = ip->src, .dst = ip->dst, .sport = l4->src, .dport = l4->dst, .proto = ip->proto};
	struct stat first = {1, DATA_END(ctx) - DATA(ctx)}, *s = bpf_map_lookup_elem(&flows, &key);
	if (!s) {
		bpf_map_update_elem(&flows, &key, &first, BPF_NOEXIST);
		return 1;
	}
	s->bytes += first.bytes;
	return ++s->packets;
}

MAP(sketch, ARRAY, __u32, __u32, 64);

// Count-min: four rows of sixteen counters.
// program: count_min
// run: data=inc14 -> 1
// run: data=inc14 -> 2
// run: data=inc10 ffffffff -> 1
// run: data=inc14 -> 3
SEC("xdp") int count_min(struct xdp_md *ctx)
{
	__u32 *p = DATA(ctx) + 10, least = ~0u;

	if ((void *)(p + 1) > DATA_END(ctx))
		return 0;
	__u32 h = *p * 0x9e3779b1;
	for (__u32 row = 0; row < 4; row++) {
		__u32 at = row * 16 + (h >> (8 * row) & 15);
		__u32 *n = bpf_map_lookup_elem(&sketch, &at);
		if (!n)
			return -1;
		*n += 1;
		if (*n < least)
			least = *n;
	}
	return least;
}

MAP(bloom, ARRAY, __u32, __u64, 4);

// A Bloom filter of 256 bits: 0 new, 1 perhaps seen.
// program: bloom_filter
// run: data=inc14 -> 0
// run: data=inc14 -> 1
// run: data=inc10 12345678 -> 0
// run: data=inc10 12345678 -> 1
SEC("xdp") int bloom_filter(struct xdp_md *ctx)
{
	__u32 *p = DATA(ctx) + 10, seen = 1;

	if ((void *)(p + 1) > DATA_END(ctx))
		return -1;
	__u32 h = *p * 2654435761u;
	for (int i = 0; i < 3; i++) {
		__u32 bit = h >> (i * 8) & 255, word = bit >> 6;
		__u64 *w = bpf_map_lookup_elem(&bloom, &word);
		if (!w)
			return -1;
		__u64 mask = 1ull << (bit & 63);
		if (!(*w & mask))
			seen = 0;
		*w |= mask;
	}
	return seen;
}

MAP(registers, ARRAY, __u32, __u8, 16);

// HyperLogLog: the longest run of zeros for each register.
// program: hyperloglog
// run: data=inc10 01000000 -> 1
// run: data=inc10 02000000 -> 6
// run: data=inc10 03000000 -> 7
SEC("xdp") int hyperloglog(struct xdp_md *ctx)
{
	__u32 *p = DATA(ctx) + 10, rank = 1, sum = 0;

	if ((void *)(p + 1) > DATA_END(ctx))
		return 0;
	__u32 h = *p * 0x85ebca6b;
	h ^= h >> 13;
	__u32 at = h & 15;
	for (int i = 0; i < 27; i++) {
		if (h & 1u << 31)
			break;
		h <<= 1;
		rank++;
	}
	__u8 *r = bpf_map_lookup_elem(&registers, &at);
	if (r && rank > *r)
		*r = rank;
	for (__u32 i = 0; i < 16; i++) {
		r = bpf_map_lookup_elem(&registers, &i);
		if (r)
			sum += *r;
	}
	return sum;
}

struct top {
	__u32 key, count;
};
struct tops {
	struct top of[4];
};
MAP(leaders, ARRAY, __u32, struct tops, 1);

// The most frequent bytes, by the space-saving method.
// program: top_k
// run: data=inc14 aa -> 1
// run: data=inc14 aa -> 2
// run: data=inc14 bb -> 1
// run: data=inc14 aa -> 3
// map leaders: 0/4=aa000000 03000000 bb000000 01000000 0000000000000000 0000000000000000
SEC("xdp") int top_k(struct xdp_md *ctx)
{
	__u8 *p = DATA(ctx) + 14;
	__u32 zero = 0, least = 0;
	struct tops *t = bpf_map_lookup_elem(&leaders, &zero);

	if ((void *)(p + 1) > DATA_END(ctx) || !t)
		return 0;
	for (__u32 i = 0; i < 4; i++) {
		if (t->of[i].count && t->of[i].key == *p)
			return ++t->of[i].count;
		if (t->of[i].count < t->of[least & 3].count)
			least = i;
	}
	t->of[least & 3].key = *p;
	return ++t->of[least & 3].count;
}

struct ring {
	__u32 head, tail;
	__u32 slot[8];
};
MAP(queue, ARRAY, __u32, struct ring, 1);

// A queue of eight numbers: the byte 0 takes, others put.
// program: ring_queue
// run: data=inc14 05 -> 1
// run: data=inc14 07 -> 2
// run: data=inc14 00 -> 5
// run: data=inc14 00 -> 7
// run: data=inc14 00 -> 0xffffffff
SEC("xdp") int ring_queue(struct xdp_md *ctx)
{
	__u8 *p = DATA(ctx) + 14;
	__u32 zero = 0;
	struct ring *q = bpf_map_lookup_elem(&queue, &zero);

	if (!q || (void *)(p + 1) > DATA_END(ctx))
		return 0;
	if (*p) {
		if (q->head - q->tail >= 8)
			return -2;
		q->slot[q->head++ & 7] = *p;
		return q->head - q->tail;
	}
	if (q->head == q->tail)
		return -1;
	return q->slot[q->tail++ & 7];
}

MAP(cache, BPF_MAP_TYPE_LRU_HASH, __u32, __u32, 8);

// program: lru_cache
// run: data=inc10 01000000 -> 0
// run: data=inc10 01000000 -> 1
// run: data=inc10 02000000 -> 0
// run: data=inc10 01000000 -> 2
SEC("xdp") int lru_cache(struct xdp_md *ctx)
{
	__u32 *p = DATA(ctx) + 10, one = 1;

	if ((void *)(p + 1) > DATA_END(ctx))
		return -1;
	__u32 key = *p, *n = bpf_map_lookup_elem(&cache, &key);
	if (n)
		return (*n)++;
	bpf_map_update_elem(&cache, &key, &one, BPF_ANY);
	return 0;
}

MAP(percpu, BPF_MAP_TYPE_PERCPU_ARRAY, __u32, struct stat, 2);

// program: percpu_stats
// run: data=inc14 -> 0
// run: data=inc64 -> 1
// map percpu: 0/4=1/8 14/8, 1/4=1/8 64/8
SEC("xdp") int percpu_stats(struct xdp_md *ctx)
{
	__u64 len = DATA_END(ctx) - DATA(ctx);
	__u32 kind = len > 40;
	struct stat *s = bpf_map_lookup_elem(&percpu, &kind);

	if (s) {
		s->packets++;
		s->bytes += len;
	}
	return kind;
}

MAP(tree, ARRAY, __u32, struct top, 16);

// Insertion into a binary search tree kept in an array; the depth reached.
// program: search_tree
// run: data=inc14 08 -> 0
// run: data=inc14 04 -> 1
// run: data=inc14 0c -> 1
// run: data=inc14 02 -> 2
// run: data=inc14 04 -> 0x101
SEC("xdp") int search_tree(struct xdp_md *ctx)
{
	__u8 *p = DATA(ctx) + 14;
	__u32 at = 1;

	if ((void *)(p + 1) > DATA_END(ctx))
		return -1;
	for (__u32 depth = 0; depth < 4; depth++) {
		struct top *t = bpf_map_lookup_elem(&tree, &at);
		if (!t)
			return -2;
		if (!t->count) {
			t->key = *p;
			t->count = 1;
			return depth;
		}
		if (t->key == *p)
			return 0x100 | depth;
		at = at * 2 + (*p > t->key);
	}
	return -3;
}

MAP(heap, ARRAY, __u32, __u32, 16);

// A min-heap: the smallest so far. Element 0 is the size.
// program: min_heap
// run: data=inc14 09 -> 9
// run: data=inc14 05 -> 5
// run: data=inc14 07 -> 5
// run: data=inc14 03 -> 3
SEC("xdp") int min_heap(struct xdp_md *ctx)
{
	__u8 *p = DATA(ctx) + 14;
	__u32 zero = 0, one = 1, *size = bpf_map_lookup_elem(&heap, &zero);

	if (!size || (void *)(p + 1) > DATA_END(ctx) || *size >= 15)
		return -1;
	__u32 at = ++*size, *cell = bpf_map_lookup_elem(&heap, &at);
	if (!cell)
		return -2;
	*cell = *p;
	for (int i = 0; i < 4; i++) {
		__u32 up = at / 2, *parent;
		if (at <= 1)
			break;
		parent = bpf_map_lookup_elem(&heap, &up);
		cell = bpf_map_lookup_elem(&heap, &at);
		if (!parent || !cell || *parent <= *cell)
			break;
		__u32 t = *parent;
		*parent = *cell;
		*cell = t;
		at = up;
	}
	cell = bpf_map_lookup_elem(&heap, &one);
	return cell ? *cell : -3;
}

MAP(dedup, HASH, __u64, __u8, 32);

// program: seen_before
// run: data=inc14 inc8 -> 0
// run: data=inc14 inc8 -> 1
// run: data=inc14 00 -> 2
SEC("xdp") int seen_before(struct xdp_md *ctx)
{
	__u64 *p = DATA(ctx) + 14;
	__u8 yes = 1;

	if ((void *)(p + 1) > DATA_END(ctx))
		return 2;
	__u64 key = *p;
	return bpf_map_update_elem(&dedup, &key, &yes, BPF_NOEXIST) ? 1 : 0;
}

MAP(sets, HASH, __u32, __u8, 8);

// Prefixes by decreasing length, as people did before tries.
// program: cidr_set
// init sets: 0a000000=8/1
// run: data=inc12 0800 inc16 0a010203 -> 8
// run: data=inc12 0800 inc16 0b010203 -> 0
SEC("xdp") int cidr_set(struct xdp_md *ctx)
{
	struct ipv4 *ip = DATA(ctx) + 14;

	if ((void *)(ip + 1) > DATA_END(ctx))
		return -1;
	for (int len = 24; len >= 8; len -= 8) {
		__be32 key = ip->dst & bpf_htonl(~0u << (32 - len));
		__u8 *want = bpf_map_lookup_elem(&sets, &key);
		if (want && *want == len)
			return len;
	}
	return 0;
}

MAP(bits, ARRAY, __u32, __u32, 8);

// A bitmap of ports: 1 where the port was set before.
// program: port_bitmap
// run: data=inc34 0050 0016 0008 0000 -> 0
// run: data=inc34 0051 0016 0008 0000 -> 1
// run: data=inc34 0051 0017 0008 0000 -> 0
SEC("xdp") int port_bitmap(struct xdp_md *ctx)
{
	struct udp *u = DATA(ctx) + 34;

	if ((void *)(u + 1) > DATA_END(ctx))
		return -1;
	__u32 port = bpf_ntohs(u->dst) & 255, word = port / 32, bit = 1u << (port % 32);
	__u32 *w = bpf_map_lookup_elem(&bits, &word);
	if (!w)
		return -2;
	return !!(__sync_fetch_and_or(w, bit) & bit);
}

struct session {
	__u32 state, seen;
};
MAP(sessions, HASH, __u32, struct session, 16);

// A connection's states: SYN, SYN-ACK, ACK, FIN.
// program: tcp_states
// run: data=inc30 inc4 0050 0051 00000000 00000000 5002 0000 00000000 -> 1
// run: data=inc30 inc4 0050 0051 00000000 00000000 5012 0000 00000000 -> 2
// run: data=inc30 inc4 0050 0051 00000000 00000000 5010 0000 00000000 -> 3
// run: data=inc30 inc4 0050 0051 00000000 00000000 5011 0000 00000000 -> 0
// run: data=inc30 inc4 0050 0051 00000000 00000000 5010 0000 00000000 -> 0xffffffff
SEC("xdp") int tcp_states(struct xdp_md *ctx)
{
	struct tcp *t = DATA(ctx) + 34;

	if ((void *)(t + 1) > DATA_END(ctx))
		return -2;
	__u32 key = *(__u32 *)t;
	struct session fresh = {1, 1}, *s = bpf_map_lookup_elem(&sessions, &key);
	if (!s) {
		if (!t->syn || t->ackf)
			return -1;
		bpf_map_update_elem(&sessions, &key, &fresh, BPF_ANY);
		return 1;
	}
	s->seen++;
	if (t->fin || t->rst) {
		bpf_map_delete_elem(&sessions, &key);
		return 0;
	}
	if (s->state == 1 && t->syn && t->ackf)
		s->state = 2;
	else if (s->state == 2 && t->ackf)
		s->state = 3;
	return s->state;
}

struct bucket {
	__u64 tokens, last;
};
MAP(buckets, ARRAY, __u32, struct bucket, 1);

// A token bucket whose clock is in the packet: 10 tokens, 1 a tick.
// program: token_bucket
// init buckets: 0/4=10/8 0/8
// run: data=inc14 01000000 06000000 -> 1
// run: data=inc14 02000000 06000000 -> 0
// run: data=inc14 09000000 06000000 -> 1
SEC("xdp") int token_bucket(struct xdp_md *ctx)
{
	__u32 *p = DATA(ctx) + 14, zero = 0;
	struct bucket *b = bpf_map_lookup_elem(&buckets, &zero);

	if (!b || (void *)(p + 2) > DATA_END(ctx))
		return -1;
	__u64 now = p[0], cost = p[1], tokens = b->tokens + (now - b->last);
	if (tokens > 10)
		tokens = 10;
	b->last = now;
	if (tokens < cost) {
		b->tokens = tokens;
		return 0;
	}
	b->tokens = tokens - cost;
	return 1;
}

MAP(gcra_state, ARRAY, __u32, __u64, 1);

// The generic cell rate algorithm: one cell in 10 ticks, bursts of three.
// program: gcra
// run: data=inc14 64000000 -> 1
// run: data=inc14 64000000 -> 1
// run: data=inc14 64000000 -> 1
// run: data=inc14 64000000 -> 0
// run: data=inc14 6e000000 -> 1
SEC("xdp") int gcra(struct xdp_md *ctx)
{
	__u32 *p = DATA(ctx) + 14, zero = 0;
	__u64 *tat = bpf_map_lookup_elem(&gcra_state, &zero), now, next;

	if (!tat || (void *)(p + 1) > DATA_END(ctx))
		return -1;
	now = *p;
	next = *tat > now ? *tat : now;
	if (next > now + 20)
		return 0;
	*tat = next + 10;
	return 1;
}

struct window {
	__u32 start, now, before;
};
MAP(windows, ARRAY, __u32, struct window, 1);

// A sliding window of 16 ticks: the weighted count of two.
// program: sliding_window
// run: data=inc14 10000000 -> 1
// run: data=inc14 11000000 -> 2
// run: data=inc14 20000000 -> 3
// run: data=inc14 28000000 -> 3
SEC("xdp") int sliding_window(struct xdp_md *ctx)
{
	__u32 *p = DATA(ctx) + 14, zero = 0;
	struct window *w = bpf_map_lookup_elem(&windows, &zero);

	if (!w || (void *)(p + 1) > DATA_END(ctx))
		return -1;
	__u32 now = *p, begin = now & ~15u;
	if (w->start != begin) {
		w->before = w->start + 16 == begin ? w->now : 0;
		w->now = 0;
		w->start = begin;
	}
	w->now++;
	return w->now + w->before * (16 - (now - begin)) / 16;
}

MAP(moving, ARRAY, __u32, __u64, 1);

// An exponential moving average in fixed point.
// program: ewma
// run: data=inc14 00010000 -> 0x20
// run: data=inc14 00010000 -> 0x3c
// run: data=inc14 00010000 -> 0x54
SEC("xdp") int ewma(struct xdp_md *ctx)
{
	__u32 *p = DATA(ctx) + 14, zero = 0;
	__u64 *avg = bpf_map_lookup_elem(&moving, &zero);

	if (!avg || (void *)(p + 1) > DATA_END(ctx))
		return -1;
	*avg = *avg - (*avg >> 3) + ((__u64)*p << 16 >> 3);
	return *avg >> 16;
}
