// Functions: static ones that are not inlined, global ones, chains of tail calls, callbacks.
#include "net.h"

struct meta {
	__u32 off;
	__u16 proto;
	__u8 depth;
	__u8 flags;
	__u64 hash;
};
MAP(counts, BPF_MAP_TYPE_ARRAY, __u32, __u64, 32);
MAP(metas, BPF_MAP_TYPE_PERCPU_ARRAY, __u32, struct meta, 1);

int by_proto(struct xdp_md *ctx);
int by_port(struct xdp_md *ctx);
struct {
	__uint(type, BPF_MAP_TYPE_PROG_ARRAY);
	__uint(max_entries, 4);
	__uint(key_size, 4);
	__array(values, int(struct xdp_md *));
} chain SEC(".maps") = { .values = { [0] = (void *)&by_proto, [1] = (void *)&by_port } };

static __noinline int vlans(struct xdp_md *ctx, struct meta *m)
{
	void *data = DATA(ctx), *end = DATA_END(ctx);
	__be16 *proto = data + 12;

	for (int i = 0; i < 3; i++) {
		if ((void *)(proto + 1) > end)
			return -1;
		if (*proto != bpf_htons(P_8021Q))
			break;
		proto += 2;
		m->depth++;
	}
	if ((void *)(proto + 1) > end)
		return -1;
	m->proto = *proto;
	m->off = 14 + m->depth * 4;
	return 0;
}

static __noinline void bump(__u32 key, __u64 by)
{
	__u64 *n = bpf_map_lookup_elem(&counts, &key);

	if (n)
		__sync_fetch_and_add(n, by);
}

SEC("xdp") int entry(struct xdp_md *ctx)
{
	struct meta m = {}, *keep;
	__u32 zero = 0;

	if (vlans(ctx, &m))
		return XDP_ABORTED;
	keep = bpf_map_lookup_elem(&metas, &zero);
	if (!keep)
		return XDP_ABORTED;
	*keep = m;
	bump(0, 1);
	bpf_tail_call(ctx, &chain, 0);
	bump(1, 1);
	return XDP_PASS;
}

SEC("xdp") int by_proto(struct xdp_md *ctx)
{
	__u32 zero = 0;
	struct meta *m = bpf_map_lookup_elem(&metas, &zero);
	void *data = DATA(ctx), *end = DATA_END(ctx);
	struct ipv4 *ip;
	__u32 off;

	if (!m)
		return XDP_ABORTED;
	off = m->off;
	if (off > 64)
		return XDP_ABORTED;
	ip = data + off;
	if ((void *)(ip + 1) > end)
		return XDP_PASS;
	m->flags = ip->proto;
	m->off = off + ip->ihl * 4;
	bpf_tail_call(ctx, &chain, ip->proto == TCP ? 1 : 2);
	return XDP_DROP;
}

SEC("xdp") int by_port(struct xdp_md *ctx)
{
	__u32 zero = 0;
	struct meta *m = bpf_map_lookup_elem(&metas, &zero);
	void *data = DATA(ctx), *end = DATA_END(ctx);
	struct tcp *t;

	if (!m)
		return XDP_ABORTED;
	t = data + (m->off & 0xff);
	if ((void *)(t + 1) > end)
		return XDP_PASS;
	bump(2 + (bpf_ntohs(t->dst) & 7), 1);
	return t->syn ? XDP_TX : XDP_PASS;
}

__noinline int mix(__u64 a, __u32 b, int c)
{
	return (a ^ a >> 33) * 0x9e3779b97f4a7c15ull + b * (__u32)c;
}

__noinline int digest(struct meta *m, __u32 n)
{
	if (!m)
		return 0;
	m->hash ^= n;
	m->flags |= 1;
	return m->hash >> 7 & 0xff;
}

__noinline int look(struct xdp_md *ctx, __u32 at)
{
	__u8 *p = DATA(ctx);

	if (at > 100 || (void *)(p + at + 1) > DATA_END(ctx))
		return -1;
	return p[at];
}

SEC("xdp") int globals(struct xdp_md *ctx)
{
	struct meta m = { .off = 3 };
	int x = mix(bpf_ktime_get_ns(), ctx->rx_queue_index, 3);
	int y = digest(&m, x);
	int z = look(ctx, y & 63);

	if (z < 0)
		return XDP_DROP;
	bump(z & 31, m.hash);
	return look(ctx, 2) == z ? XDP_TX : XDP_PASS;
}

struct sum {
	__u64 total;
	__u32 n, max;
	__u8 seen[16];
};

static int step(__u32 i, struct sum *s)
{
	__u32 key = i & 31;
	__u64 *v = bpf_map_lookup_elem(&counts, &key);

	if (!v)
		return 1;
	s->total += *v;
	if (*v > s->max)
		s->max = *v;
	s->seen[i & 15] = 1;
	s->n++;
	return s->n > 20;
}

SEC("xdp") int looped(struct xdp_md *ctx)
{
	struct sum s = {};
	long turns = bpf_loop(32, step, &s, 0);

	if (turns < 0)
		return XDP_ABORTED;
	return s.total > 1000 && s.seen[3] ? XDP_DROP : XDP_PASS;
}

struct nested {
	__u32 x, y;
	__u64 sum;
};
static int inner(__u32 i, struct nested *n)
{
	n->sum += n->x * i;
	n->y = i;
	return 0;
}
static int outer(__u32 i, struct nested *n)
{
	n->x = i;
	bpf_loop(8, inner, n, 0);
	return n->sum > 500;
}
SEC("xdp") int nested(struct xdp_md *ctx)
{
	struct nested n = {};

	bpf_loop(ctx->rx_queue_index & 15, outer, &n, 0);
	return n.sum & 3;
}

static __noinline __u64 *choose(__u32 i)
{
	__u32 key = i & 31;

	return bpf_map_lookup_elem(&counts, &key);
}
SEC("xdp") int returned(struct xdp_md *ctx)
{
	__u64 *n = choose(ctx->ingress_ifindex);

	if (!n)
		return XDP_DROP;
	*n += 5;
	return *n & 3;
}
