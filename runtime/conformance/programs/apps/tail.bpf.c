// Chains of tail calls: a parser that hands on to the next stage.
// hook: xdp
// levels: O2.v3 O1.v2
#include "app.h"

int stage_ip(struct xdp_md *ctx), stage_udp(struct xdp_md *ctx), stage_end(struct xdp_md *ctx);

struct {
	__uint(type, BPF_MAP_TYPE_PROG_ARRAY);
	__uint(max_entries, 4);
	__type(key, __u32);
	__array(values, int(void *));
} stages SEC(".maps") = {
	.values = {[0] = (void *)&stage_ip, [1] = (void *)&stage_udp, [2] = (void *)&stage_end},
};

// program: stage_start
// run: data=inc12 0800 4500 001c 0000 0000 40 11 0000 01020304 05060708 0035 0035 0008 0000 -> 53
// run: data=inc12 0800 4500 001c 0000 0000 40 06 0000 01020304 05060708 0035 0035 0008 0000 -> 6
// run: data=inc12 0806 inc28 -> 1
SEC("xdp") int stage_start(struct xdp_md *ctx)
{
	struct eth *eth = DATA(ctx);

	if ((void *)(eth + 1) > DATA_END(ctx))
		return 0;
	if (eth->proto == bpf_htons(0x0800))
		bpf_tail_call(ctx, &stages, 0);
	return 1;
}

// program: stage_ip
// run: data=inc12 0800 4500 001c 0000 0000 40 06 0000 01020304 05060708 0035 0035 0008 0000 -> 6
SEC("xdp") int stage_ip(struct xdp_md *ctx)
{
	struct ipv4 *ip = DATA(ctx) + 14;

	if ((void *)(ip + 1) > DATA_END(ctx))
		return 0;
	if (ip->proto == 17)
		bpf_tail_call(ctx, &stages, 1);
	return ip->proto;
}

// program: stage_udp
// run: data=inc34 0035 0036 0008 0000 -> 54
SEC("xdp") int stage_udp(struct xdp_md *ctx)
{
	struct udp *u = DATA(ctx) + 34;

	if ((void *)(u + 1) > DATA_END(ctx))
		return 0;
	if (u->len == 0)
		bpf_tail_call(ctx, &stages, 2);
	return bpf_ntohs(u->dst);
}

// program: stage_end
// run: data=inc14 -> 4
SEC("xdp") int stage_end(struct xdp_md *ctx)
{
	return 4;
}

// A slot that is empty and one that is not there.
// program: stage_missing
// run: data=inc14 -> 7
SEC("xdp") int stage_missing(struct xdp_md *ctx)
{
	bpf_tail_call(ctx, &stages, 3);
	bpf_tail_call(ctx, &stages, 77);
	return 7;
}
