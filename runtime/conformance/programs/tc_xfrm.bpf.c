// No packet came through IPsec here.
// hook: tc
// run: data=inc64 -> 22
#include "corpus.h"

SEC("tc") int xfrm(struct __sk_buff *skb)
{
	struct bpf_xfrm_state x;
	int n = bpf_skb_get_xfrm_state(skb, 0, &x, sizeof(x), 0);

	if (x.spi || x.reqid || x.family)
		return 1;
	return -n;
}
