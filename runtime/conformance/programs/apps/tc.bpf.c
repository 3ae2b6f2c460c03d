// Programs of traffic control: fields of the context, direct packets, packet loads.
// hook: tc
// levels: O2.v3 O1.v2
#include "app.h"

// program: tc_length
// run: data=inc64 -> 64
SEC("tc") int tc_length(struct __sk_buff *skb)
{
	return skb->len;
}

// program: tc_marks
// run: data=inc64 ctx=mark:5 -> 0 ctx=mark:10
SEC("tc") int tc_marks(struct __sk_buff *skb)
{
	skb->mark = skb->mark * 2;
	return 0;
}

// program: tc_priority
// run: data=inc64 ctx=priority:3 -> 3 ctx=priority:7
SEC("tc") int tc_priority(struct __sk_buff *skb)
{
	__u32 before = skb->priority;

	if (before < 7)
		skb->priority = 7;
	return before;
}

// program: tc_scratch
// run: data=inc64 -> 15
SEC("tc") int tc_scratch(struct __sk_buff *skb)
{
	__u32 sum = 0;

#pragma unroll
	for (int i = 0; i < 5; i++)
		skb->cb[i] = i + 1;
#pragma unroll
	for (int i = 0; i < 5; i++)
		sum += skb->cb[i];
	return sum;
}

// program: tc_drop_port
// run: data=inc12 0800 4500 001c 0000 0000 40 11 0000 01020304 05060708 0035 0035 0008 0000 -> 2
// run: data=inc12 0800 4500 001c 0000 0000 40 11 0000 01020304 05060708 0035 0036 0008 0000 -> 0
SEC("tc") int tc_drop_port(struct __sk_buff *skb)
{
	struct udp *u = DATA(skb) + 34;

	if ((void *)(u + 1) > DATA_END(skb))
		return TC_ACT_OK;
	return u->dst == bpf_htons(53) ? TC_ACT_SHOT : TC_ACT_OK;
}

// program: tc_rewrite
// run: data=inc64 -> 0 out=inc5 ff 060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f202122232425262728292a2b2c2d2e2f303132333435363738393a3b3c3d3e3f
SEC("tc") int tc_rewrite(struct __sk_buff *skb)
{
	__u8 *p = DATA(skb);

	if ((void *)(p + 6) > DATA_END(skb))
		return TC_ACT_SHOT;
	p[5] = 0xff;
	return TC_ACT_OK;
}

MAP(marks, HASH, __u32, __u32, 8);

// program: tc_count_marks
// run: data=inc64 ctx=mark:5 -> 1
// run: data=inc64 ctx=mark:5 -> 2
// map marks: 5/4=2/4
SEC("tc") int tc_count_marks(struct __sk_buff *skb)
{
	__u32 key = skb->mark, one = 1, *n = bpf_map_lookup_elem(&marks, &key);

	if (n)
		return ++*n;
	bpf_map_update_elem(&marks, &key, &one, BPF_ANY);
	return 1;
}

static NOINLINE int classify(struct __sk_buff *skb, __u32 off)
{
	__u8 *p = DATA(skb);

	if (off > 32 || (void *)(p + off + 1) > DATA_END(skb))
		return -1;
	return p[off] & 3;
}

// program: tc_classify
// run: data=inc64 -> 0x35
SEC("tc") int tc_classify(struct __sk_buff *skb)
{
	return classify(skb, 3) << 4 | classify(skb, 5) << 2 | classify(skb, 9);
}

// program: tc_half_field
// run: data=inc64 ctx=mark:0x11223344 -> 0x33
SEC("tc") int tc_half_field(struct __sk_buff *skb)
{
	volatile __u8 *mark = (void *)&skb->mark;

	return mark[1];
}
