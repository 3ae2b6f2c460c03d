// Records: reserved and submitted, output from the stack, sampled.
#include "net.h"

struct event {
	__u64 time;
	__u32 src, dst;
	__u16 len;
	__u8 proto;
	__u8 head[29];
};
RING(events, 4096);
MAP(sampling, BPF_MAP_TYPE_ARRAY, __u32, __u32, 1);
struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_HASH);
	__uint(max_entries, 64);
	__type(key, __u32);
	__type(value, __u64);
} drops SEC(".maps");

SEC("xdp") int reserved(struct xdp_md *ctx)
{
	void *data = DATA(ctx), *end = DATA_END(ctx);
	struct eth *e = data;
	struct ipv4 *ip = NEXT(e);
	struct event *ev;

	if (NEXT(ip) > end)
		return XDP_PASS;
	ev = bpf_ringbuf_reserve(&events, sizeof(*ev), 0);
	if (!ev) {
		__u32 key = ip->src;
		__u64 one = 1, *n = bpf_map_lookup_elem(&drops, &key);
		if (n)
			*n += 1;
		else
			bpf_map_update_elem(&drops, &key, &one, BPF_NOEXIST);
		return XDP_PASS;
	}
	ev->time = bpf_ktime_get_ns();
	ev->src = ip->src;
	ev->dst = ip->dst;
	ev->proto = ip->proto;
	ev->len = bpf_ntohs(ip->len);
	__builtin_memset(ev->head, 0, sizeof(ev->head));
	for (int i = 0; i < 29; i++) {
		if (data + i + 1 > end)
			break;
		ev->head[i] = ((__u8 *)data)[i];
	}
	if (ip->ttl == 0) {
		bpf_ringbuf_discard(ev, 0);
		return XDP_DROP;
	}
	bpf_ringbuf_submit(ev, 0);
	return XDP_PASS;
}

SEC("xdp") int from_stack(struct xdp_md *ctx)
{
	struct event ev;
	void *data = DATA(ctx), *end = DATA_END(ctx);
	__u32 zero = 0, *every = bpf_map_lookup_elem(&sampling, &zero);

	if (!every || !*every || bpf_get_prandom_u32() % *every)
		return XDP_PASS;
	__builtin_memset(&ev, 0, sizeof(ev));
	if (data + sizeof(ev.head) <= end)
		__builtin_memcpy(ev.head, data, sizeof(ev.head));
	ev.time = bpf_ktime_get_boot_ns();
	ev.len = end - data;
	bpf_ringbuf_output(&events, &ev, sizeof(ev), 0);
	return XDP_PASS;
}

SEC("tc") int variable(struct __sk_buff *skb)
{
	struct event ev = { .src = skb->len };
	__u32 n = skb->len & 31;

	if (n < 8)
		n = 8;
	ev.head[n - 8] = 1;
	bpf_ringbuf_output(&events, &ev, n, 0);
	return TC_OK;
}
