// SYN cookies without a socket, frames in one piece, counters, streams.
// hook: xdp
// levels: O2.v3 O1.v2
#include "app.h"

struct syn {
	struct ipv4 ip;
	struct tcp tcp;
	__u8 options[4];
};

static __always_inline void fill(struct syn *s)
{
	__builtin_memset(s, 0, sizeof(*s));
	s->ip.ihl = 5;
	s->ip.version = 4;
	s->ip.src = 0x0100007f;
	s->ip.dst = 0x0200007f;
	s->tcp.src = 0x1234;
	s->tcp.dst = 0x5000;
	s->tcp.seq = __builtin_bswap32(1000);
	s->tcp.doff = 6;
	s->tcp.syn = 1;
	s->options[0] = 2;
	s->options[1] = 4;
	s->options[2] = 5;
	s->options[3] = 0xb4;
}

// A cookie that is made is known again; another is not.
// program: cookie4
// run: data=inc64 -> 7
SEC("xdp") int cookie4(struct xdp_md *ctx)
{
	struct syn s;
	long cookie;
	int n = 0;

	fill(&s);
	cookie = bpf_tcp_raw_gen_syncookie_ipv4(&s.ip, &s.tcp, 24);
	if (cookie < 0)
		return -1;
	if (cookie >> 32 == 1460)
		n |= 1;
	s.tcp.seq = __builtin_bswap32(1001);
	s.tcp.ack = __builtin_bswap32((__u32)cookie + 1);
	if (bpf_tcp_raw_check_syncookie_ipv4(&s.ip, &s.tcp) == 0)
		n |= 2;
	s.tcp.src = 1;
	if (bpf_tcp_raw_check_syncookie_ipv4(&s.ip, &s.tcp) == -13)
		n |= 4;
	return n;
}

// program: cookie6
// run: data=inc64 -> 3
SEC("xdp") int cookie6(struct xdp_md *ctx)
{
	struct ipv6 ip = { .version = 6, .src = { 1 }, .dst = { 2 } };
	struct syn s;
	long cookie;
	int n = 0;

	fill(&s);
	cookie = bpf_tcp_raw_gen_syncookie_ipv6(&ip, &s.tcp, 24);
	if (cookie < 0)
		return -1;
	s.tcp.seq = __builtin_bswap32(1001);
	s.tcp.ack = __builtin_bswap32((__u32)cookie + 1);
	if (bpf_tcp_raw_check_syncookie_ipv6(&ip, &s.tcp) == 0)
		n |= 1;
	ip.src[0] = 3;
	if (bpf_tcp_raw_check_syncookie_ipv6(&ip, &s.tcp) == -13)
		n |= 2;
	return n;
}

// The header is as long as it says.
// program: cookie_length
// run: data=inc64 -> 22
SEC("xdp") int cookie_length(struct xdp_md *ctx)
{
	struct syn s;

	fill(&s);
	return -bpf_tcp_raw_gen_syncookie_ipv4(&s.ip, &s.tcp, 20);
}

// Straight from the frame.
// program: cookie_frame
// run: data=inc54 -> 22
SEC("xdp") int cookie_frame(struct xdp_md *ctx)
{
	__u8 *p = DATA(ctx);

	if ((void *)(p + 54) > DATA_END(ctx))
		return 1;
	return -bpf_tcp_raw_gen_syncookie_ipv4(p + 14, p + 34, 20);
}

// As much as is there, and no more.
// program: pull
// run: data=inc64 -> 0x1603
SEC("xdp") int pull(struct xdp_md *ctx)
{
	int n = 0, more = bpf_xdp_pull_data(ctx, 4000);
	__u8 *p;

	if (bpf_xdp_pull_data(ctx, 64) == 0)
		n |= 1;
	if (bpf_xdp_pull_data(ctx, 0) == 0)
		n |= 2;
	p = DATA(ctx);
	if ((void *)(p + 4) > DATA_END(ctx))
		return -1;
	return n | -more << 8;
}

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__type(key, __u32);
	__type(value, __u32);
	__uint(max_entries, 8);
} counted SEC(".maps");
struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__type(key, __u32);
	__type(value, __u32);
	__uint(max_entries, 8);
} recent SEC(".maps");
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__type(key, __u32);
	__type(value, __u32);
	__uint(max_entries, 8);
} plain SEC(".maps");

// Elements of hash maps are counted, others are not.
// program: count
// run: data=inc64 -> 0x310
// run: data=inc64 -> 0x310
SEC("xdp") int count(struct xdp_md *ctx)
{
	__u32 k = 1;
	long n;

	bpf_map_update_elem(&counted, &k, &k, 0);
	bpf_map_update_elem(&recent, &k, &k, 0);
	k = 2;
	bpf_map_update_elem(&counted, &k, &k, 0);
	k = 3;
	bpf_map_update_elem(&counted, &k, &k, 0);
	n = bpf_map_sum_elem_count(&counted) << 8 | bpf_map_sum_elem_count(&recent) << 4;
	return n | bpf_map_sum_elem_count(&plain);
}

static const char format[] = "%d of %s";
static const char wrong[] = "%!";

// A program's own output.
// program: stream
// run: data=inc64 -> 0x160200
SEC("xdp") int stream(struct xdp_md *ctx)
{
	__u64 args[2] = { 7, 0 };
	int n = bpf_stream_vprintk_impl(1, format, args, sizeof(args), 0);

	/* The kernel may have no memory for it. */
	n = n != 0 && n != -12;
	n |= -bpf_stream_vprintk_impl(3, format, args, sizeof(args), 0) << 8;
	return n | -bpf_stream_vprintk_impl(2, wrong, args, sizeof(args), 0) << 16;
}
