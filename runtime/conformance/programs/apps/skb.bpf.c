// Copies out of and into packets of traffic control, by helpers.
// hook: tc
// levels: O2.v3 O1.v2
#include "app.h"

// program: skb_load
// run: data=inc64 -> 0x14151617
SEC("tc") int skb_load(struct __sk_buff *skb)
{
	__be32 v = 0;

	return bpf_skb_load_bytes(skb, 20, &v, 4) ? -1 : bpf_ntohl(v);
}

// program: skb_load_too_far
// run: data=inc64 -> 0xfffffff2
SEC("tc") int skb_load_too_far(struct __sk_buff *skb)
{
	__u64 v;

	return bpf_skb_load_bytes(skb, 60, &v, 8);
}

// A header of variable length, copied to the stack.
// program: skb_header
// run: data=inc14 46 inc30 aabbccdd inc15 -> 0x1316
SEC("tc") int skb_header(struct __sk_buff *skb)
{
	__u8 first, header[24] = {};

	if (bpf_skb_load_bytes(skb, 14, &first, 1))
		return -1;
	__u32 len = (first & 15) * 4;
	if (len < 4 || len > sizeof(header))
		return -2;
	if (bpf_skb_load_bytes(skb, 14, header, len))
		return -3;
	return header[20] << 8 | header[23];
}

// program: skb_store
// run: data=inc20 -> 0 out=inc6 cafe 08090a0b0c0d0e0f10111213
SEC("tc") int skb_store(struct __sk_buff *skb)
{
	__be16 v = bpf_htons(0xcafe);

	return bpf_skb_store_bytes(skb, 6, &v, 2, 0);
}

// What the helper moved must be looked at again.
// program: skb_stale
// reject: packet-stale *
SEC("tc") int skb_stale(struct __sk_buff *skb)
{
	__u8 *p = DATA(skb);
	__be16 v = 0;

	if ((void *)(p + 20) > DATA_END(skb))
		return 0;
	bpf_skb_store_bytes(skb, 6, &v, 2, 0);
	return p[7];
}
