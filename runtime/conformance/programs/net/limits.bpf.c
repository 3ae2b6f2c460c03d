// Rates, histograms, tables of state: token buckets, connection tracking, log2 buckets.
#include "net.h"

struct bucket {
	__u64 last;
	__u64 tokens;
	__u32 dropped, passed;
};
struct conn {
	__u64 start, seen;
	__u32 packets[2];
	__u64 bytes[2];
	__u8 state, closing;
	__u16 flags;
};
struct tuple {
	__u32 a, b;
	__u16 pa, pb;
	__u32 proto;
};
struct config {
	__u64 rate, burst;
	__u32 enabled, mode;
	__u16 ports[8];
};

MAP(buckets, BPF_MAP_TYPE_LRU_HASH, __u32, struct bucket, 1024);
MAP(conns, BPF_MAP_TYPE_LRU_HASH, struct tuple, struct conn, 1024);
MAP(config, BPF_MAP_TYPE_ARRAY, __u32, struct config, 1);
MAP(hist, BPF_MAP_TYPE_PERCPU_ARRAY, __u32, __u64, 64);

static __always_inline struct ipv4 *ipv4_of(void *data, void *end)
{
	struct eth *e = data;

	if (data + sizeof(struct eth) + sizeof(struct ipv4) > end)
		return 0;
	return e->proto == bpf_htons(P_IP) ? NEXT(e) : 0;
}

SEC("xdp") int token_bucket(struct xdp_md *ctx)
{
	struct ipv4 *ip = ipv4_of(DATA(ctx), DATA_END(ctx));
	__u32 zero = 0, key;
	struct config *cfg = bpf_map_lookup_elem(&config, &zero);
	struct bucket *b, fresh = {};
	__u64 now, gained;

	if (!ip || !cfg || !cfg->enabled)
		return XDP_PASS;
	key = ip->src;
	now = bpf_ktime_get_ns();
	b = bpf_map_lookup_elem(&buckets, &key);
	if (!b) {
		fresh.last = now;
		fresh.tokens = cfg->burst;
		bpf_map_update_elem(&buckets, &key, &fresh, BPF_ANY);
		return XDP_PASS;
	}
	gained = (now - b->last) * cfg->rate / 1000000000ull;
	if (gained) {
		b->tokens += gained;
		if (b->tokens > cfg->burst)
			b->tokens = cfg->burst;
		b->last = now;
	}
	if (!b->tokens) {
		__sync_fetch_and_add(&b->dropped, 1);
		return XDP_DROP;
	}
	b->tokens--;
	b->passed++;
	return XDP_PASS;
}

static __always_inline __u32 log2_64(__u64 v)
{
	__u32 r = 0, s;

	if (v >> 32) {
		v >>= 32;
		r = 32;
	}
	s = (v > 0xffff) << 4; v >>= s; r |= s;
	s = (v > 0xff) << 3; v >>= s; r |= s;
	s = (v > 0xf) << 2; v >>= s; r |= s;
	s = (v > 3) << 1; v >>= s; r |= s;
	return r | v >> 1;
}

SEC("tc") int histogram(struct __sk_buff *skb)
{
	__u32 slot = log2_64(bpf_ktime_get_ns() ^ (__u64)skb->len << 20);
	__u64 *n;

	if (slot >= 64)
		slot = 63;
	n = bpf_map_lookup_elem(&hist, &slot);
	if (n)
		*n += 1;
	return TC_OK;
}

SEC("tc") int tracking(struct __sk_buff *skb)
{
	struct ipv4 *ip = ipv4_of(DATA(skb), DATA_END(skb));
	void *end = DATA_END(skb);
	struct tcp *t;
	struct tuple key = {};
	struct conn *c, fresh = {};
	__u32 dir;

	if (!ip || ip->proto != TCP || ip->ihl < 5)
		return TC_OK;
	t = (void *)ip + ip->ihl * 4;
	if ((void *)(t + 1) > end)
		return TC_OK;
	dir = ip->src > ip->dst;
	key.a = dir ? ip->dst : ip->src;
	key.b = dir ? ip->src : ip->dst;
	key.pa = dir ? t->dst : t->src;
	key.pb = dir ? t->src : t->dst;
	key.proto = TCP;
	c = bpf_map_lookup_elem(&conns, &key);
	if (!c) {
		if (!t->syn)
			return TC_SHOT;
		fresh.start = fresh.seen = bpf_ktime_get_ns();
		if (dir) {
			fresh.packets[1] = 1;
			fresh.bytes[1] = skb->len;
		} else {
			fresh.packets[0] = 1;
			fresh.bytes[0] = skb->len;
		}
		fresh.state = 1;
		bpf_map_update_elem(&conns, &key, &fresh, BPF_NOEXIST);
		return TC_OK;
	}
	c->seen = bpf_ktime_get_ns();
	c->packets[dir & 1]++;
	c->bytes[dir & 1] += skb->len;
	c->flags |= ((__u8 *)t)[13];
	switch (c->state) {
	case 1:
		if (t->syn && t->ackf)
			c->state = 2;
		break;
	case 2:
		if (t->ackf)
			c->state = 3;
		break;
	case 3:
		if (t->fin) {
			c->state = 4;
			c->closing = dir;
		}
		break;
	case 4:
		if (t->fin && c->closing != dir)
			c->state = 5;
		break;
	default:
		bpf_map_delete_elem(&conns, &key);
		return TC_SHOT;
	}
	if (t->rst)
		bpf_map_delete_elem(&conns, &key);
	return TC_OK;
}

SEC("xdp") int port_list(struct xdp_md *ctx)
{
	struct ipv4 *ip = ipv4_of(DATA(ctx), DATA_END(ctx));
	__u32 zero = 0;
	struct config *cfg = bpf_map_lookup_elem(&config, &zero);
	struct udp *u;

	if (!ip || !cfg || ip->proto != UDP)
		return XDP_PASS;
	u = (void *)(ip + 1);
	if ((void *)(u + 1) > DATA_END(ctx))
		return XDP_PASS;
	for (int i = 0; i < 8; i++)
		if (cfg->ports[i] == u->dst)
			return cfg->mode ? XDP_DROP : XDP_TX;
	return XDP_PASS;
}
