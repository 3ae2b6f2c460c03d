// Several programs in one section, and others of other hooks beside.
// hook: xdp
// program: third
// run: data=inc64 -> 3
#include "corpus.h"

SEC("xdp") int first(struct xdp_md *ctx)
{
	return 1;
}

SEC("xdp") int second(struct xdp_md *ctx)
{
	return 2;
}

SEC("xdp") int third(struct xdp_md *ctx)
{
	return 3;
}

SEC("tc") int fourth(struct __sk_buff *skb)
{
	return 4;
}
