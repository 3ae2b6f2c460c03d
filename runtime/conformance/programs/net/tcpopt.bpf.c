// TCP options, walked byte by byte, with clang's unrolling and as a loop, and in a callback of bpf_loop as in katran.
#include "net.h"

static __always_inline struct tcp *find_tcp(void *data, void *end)
{
	struct eth *e = data;
	struct ipv4 *ip = NEXT(e);
	struct tcp *t;

	if (NEXT(ip) > end || e->proto != bpf_htons(P_IP) || ip->proto != TCP || ip->ihl != 5)
		return 0;
	t = NEXT(ip);
	if (NEXT(t) > end)
		return 0;
	return t;
}

SEC("xdp") int option_pointer(struct xdp_md *ctx)
{
	void *data = DATA(ctx), *end = DATA_END(ctx);
	struct tcp *t = find_tcp(data, end);
	__u8 *o;

	if (!t)
		return XDP_PASS;
	o = (__u8 *)(t + 1);
#pragma clang loop unroll(disable)
	for (int i = 0; i < 10; i++) {
		if ((void *)(o + 2) > end)
			break;
		if (o[0] == 0)
			break;
		if (o[0] == 1) {
			o++;
			continue;
		}
		if (o[0] == 8)
			return XDP_TX;
		if (o[1] < 2)
			return XDP_DROP;
		o += o[1];
	}
	return XDP_PASS;
}

struct state {
	__u32 off, left, id;
};

static int one(__u32 i, struct state *s)
{
	if (s->left == 0 || s->off > 60)
		return 1;
	if (s->off == 1) {
		s->off++;
		s->left--;
		return 0;
	}
	s->id = s->id * 31 + s->off;
	s->off += 1 + (i & 3);
	s->left -= 1;
	return 0;
}

SEC("xdp") int option_callback(struct xdp_md *ctx)
{
	struct tcp *t = find_tcp(DATA(ctx), DATA_END(ctx));
	struct state s = {};

	if (!t)
		return XDP_PASS;
	s.left = t->doff;
	bpf_loop(15, one, &s, 0);
	return s.id & 1 ? XDP_DROP : XDP_PASS;
}
