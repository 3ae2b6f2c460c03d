// Strings in payloads: methods and paths of HTTP, names of DNS, substrings.
#include "net.h"

struct name {
	char text[64];
	__u8 len;
};
MAP(blocked, BPF_MAP_TYPE_HASH, struct name, __u32, 128);

static __always_inline int starts(const char *p, void *end, const char *want, int n)
{
	if ((void *)(p + n) > end)
		return 0;
#pragma clang loop unroll(full)
	for (int i = 0; i < n; i++)
		if (p[i] != want[i])
			return 0;
	return 1;
}

SEC("xdp") int http(struct xdp_md *ctx)
{
	void *data = DATA(ctx), *end = DATA_END(ctx);
	struct eth *e = data;
	struct ipv4 *ip = NEXT(e);
	struct tcp *t;
	char *body;

	if (NEXT(ip) > end || ip->proto != TCP)
		return XDP_PASS;
	t = (void *)ip + ip->ihl * 4;
	if (NEXT(t) > end)
		return XDP_PASS;
	body = (void *)t + t->doff * 4;
	if (starts(body, end, "GET /", 5))
		return XDP_TX;
	if (starts(body, end, "POST /", 6))
		return XDP_DROP;
	return XDP_PASS;
}

SEC("xdp") int dns(struct xdp_md *ctx)
{
	void *data = DATA(ctx), *end = DATA_END(ctx);
	struct name n = {};
	char *q = data + 54;
	__u32 *verdict;

	for (int i = 0; i < 63; i++) {
		char c;
		if ((void *)(q + i + 1) > end)
			return XDP_PASS;
		c = q[i];
		if (!c)
			break;
		if (c >= 'A' && c <= 'Z')
			c |= 32;
		n.text[i] = c;
		n.len++;
	}
	verdict = bpf_map_lookup_elem(&blocked, &n);
	return verdict ? *verdict & 3 : XDP_PASS;
}

SEC("xdp") int substring(struct xdp_md *ctx)
{
	char *data = DATA(ctx), *end = DATA_END(ctx);
	const char want[] = "attack";

	for (int i = 0; i < 40; i++) {
		int same = 0;
		if (data + i + sizeof(want) - 1 > end)
			return XDP_PASS;
#pragma clang loop unroll(full)
		for (int j = 0; j < (int)sizeof(want) - 1; j++)
			same += data[i + j] == want[j];
		if (same == sizeof(want) - 1)
			return XDP_DROP;
	}
	return XDP_PASS;
}

SEC("tc") int number(struct __sk_buff *skb)
{
	char *p = DATA(skb), *end = DATA_END(skb);
	__u32 n = 0;

	for (int i = 0; i < 10; i++) {
		if (p + 1 > end)
			return TC_OK;
		if (*p < '0' || *p > '9')
			break;
		n = n * 10 + (*p - '0');
		p++;
	}
	skb->mark = n;
	return TC_OK;
}
