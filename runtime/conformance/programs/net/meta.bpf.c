// Room in front of packets, fields of the context, packets without direct access.
#include "net.h"

struct note {
	__u32 mark;
	__u16 proto, len;
};

SEC("xdp") int write_note(struct xdp_md *ctx)
{
	struct note *n;
	void *data;

	if (bpf_xdp_adjust_meta(ctx, -(int)sizeof(*n)))
		return XDP_ABORTED;
	data = DATA(ctx);
	n = (void *)(long)ctx->data_meta;
	if ((void *)(n + 1) > data)
		return XDP_ABORTED;
	n->mark = ctx->ingress_ifindex;
	n->proto = 1;
	n->len = DATA_END(ctx) - data;
	return XDP_PASS;
}

SEC("xdp") int vlan_pop(struct xdp_md *ctx)
{
	void *data = DATA(ctx), *end = DATA_END(ctx);
	struct eth *e = data, copy;
	struct vlan *v = NEXT(e);

	if (NEXT(v) > end || e->proto != bpf_htons(P_8021Q))
		return XDP_PASS;
	copy = *e;
	copy.proto = v->proto;
	if (bpf_xdp_adjust_head(ctx, sizeof(*v)))
		return XDP_ABORTED;
	e = DATA(ctx);
	if (NEXT(e) > DATA_END(ctx))
		return XDP_ABORTED;
	*e = copy;
	return XDP_PASS;
}

SEC("xdp") int vlan_push(struct xdp_md *ctx)
{
	struct eth *e = DATA(ctx), copy;
	struct vlan *v;

	if (NEXT(e) > DATA_END(ctx))
		return XDP_DROP;
	__builtin_memcpy(&copy, e, sizeof(copy));
	if (bpf_xdp_adjust_head(ctx, -4))
		return XDP_DROP;
	e = DATA(ctx);
	v = NEXT(e);
	if (NEXT(v) > DATA_END(ctx))
		return XDP_DROP;
	__builtin_memcpy(e, &copy, sizeof(copy));
	v->proto = copy.proto;
	v->tci = bpf_htons(42);
	e->proto = bpf_htons(P_8021Q);
	return XDP_TX;
}

SEC("tc") int fields(struct __sk_buff *skb)
{
	__u32 sum = skb->len + skb->protocol + skb->ifindex + skb->hash + skb->vlan_tci;

	skb->mark = sum;
	skb->priority = sum & 7;
	skb->cb[0] = sum;
	skb->cb[4] = skb->cb[0] ^ skb->mark;
	skb->tc_classid = 5;
	skb->queue_mapping = skb->tc_index & 3;
	if ((__u8)skb->protocol == 8)
		return TC_SHOT;
	return (skb->pkt_type & 7) == 3 ? TC_SHOT : TC_OK;
}

unsigned long long load_byte(void *skb, unsigned long long off) asm("llvm.bpf.load.byte");
unsigned long long load_half(void *skb, unsigned long long off) asm("llvm.bpf.load.half");
unsigned long long load_word(void *skb, unsigned long long off) asm("llvm.bpf.load.word");

SEC("socket") int classic(struct __sk_buff *skb)
{
	__u64 off = 14;

	if (load_half(skb, 12) != P_IP)
		return 0;
	off += (load_byte(skb, off) & 15) * 4;
	if (load_half(skb, off + 2) == 53)
		return -1;
	return load_word(skb, 26) == 0x7f000001 ? 64 : 0;
}

MAP(sizes, BPF_MAP_TYPE_ARRAY, __u32, __u64, 16);

SEC("socket") int sized(struct __sk_buff *skb)
{
	__u32 key = skb->len / 128;
	__u64 *n;

	if (key > 15)
		key = 15;
	n = bpf_map_lookup_elem(&sizes, &key);
	if (n)
		__sync_fetch_and_add(n, 1);
	return skb->len;
}
