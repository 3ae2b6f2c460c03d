// More of what people write: statistics, decisions, small protocols of their own.
// hook: xdp
// levels: O2.v3 O1.v2
#include "app.h"

#define BYTES(n)                                     \
	__u8 *p = DATA(ctx) + 14;                    \
	if ((void *)(p + (n)) > DATA_END(ctx))       \
		return -1

// Type, length, value: the sum of the values of type 2. The compiler takes the check of each byte out of the inner loop,
// as arithmetic on the packet's end.
// program: tlv_sum
// reject: pointer-arithmetic *
SEC("xdp") int tlv_sum(struct xdp_md *ctx)
{
	void *end = DATA_END(ctx);
	__u8 *p = DATA(ctx) + 14;
	__u32 sum = 0;

	for (int i = 0; i < 4; i++) {
		if ((void *)(p + 2) > end || !p[0])
			break;
		__u32 type = p[0], len = p[1];
		p += 2;
		for (int k = 0; k < 4; k++) {
			if (k >= len)
				break;
			if ((void *)(p + 1) > end)
				return -2;
			if (type == 2)
				sum += *p;
			p++;
		}
	}
	return sum;
}

// program: min_max
// run: data=inc14 05 09 02 07 -> 0x209
SEC("xdp") int min_max(struct xdp_md *ctx)
{
	BYTES(4);
	__u32 lo = 255, hi = 0;

	for (int i = 0; i < 4; i++) {
		lo = p[i] < lo ? p[i] : lo;
		hi = p[i] > hi ? p[i] : hi;
	}
	return lo << 8 | hi;
}

// program: average
// run: data=inc14 05 09 02 08 -> 6
SEC("xdp") int average(struct xdp_md *ctx)
{
	BYTES(4);
	return (p[0] + p[1] + p[2] + p[3]) / 4;
}

// program: variance
// run: data=inc14 02 04 04 06 -> 2
SEC("xdp") int variance(struct xdp_md *ctx)
{
	BYTES(4);
	int mean = (p[0] + p[1] + p[2] + p[3]) >> 2, sum = 0;

	for (int i = 0; i < 4; i++)
		sum += (p[i] - mean) * (p[i] - mean);
	return sum >> 2;
}

// program: saturating_add
// run: data=inc14 f0 20 -> 255
// run: data=inc14 10 20 -> 48
SEC("xdp") int saturating_add(struct xdp_md *ctx)
{
	BYTES(2);
	__u32 s = p[0] + p[1];

	return s > 255 ? 255 : s;
}

// Sequence numbers that wrap: is the first before the second?
// program: seq_before
// run: data=inc14 ffffffff 00000001 -> 1
// run: data=inc14 00000001 ffffffff -> 0
SEC("xdp") int seq_before(struct xdp_md *ctx)
{
	BYTES(8);
	__u32 a = bpf_ntohl(*(__be32 *)p), b = bpf_ntohl(*(__be32 *)(p + 4));

	return (__s32)(a - b) < 0;
}

// A mask from a prefix length.
// program: prefix_mask
// run: data=inc14 18 -> 0xffffff00
// run: data=inc14 00 -> 0
// run: data=inc14 20 -> 0xffffffff
// run: data=inc14 21 -> 1
SEC("xdp") int prefix_mask(struct xdp_md *ctx)
{
	BYTES(1);
	__u32 len = *p;

	if (len > 32)
		return 1;
	return len ? ~0u << (32 - len) : 0;
}

// Is the address private (RFC 1918)?
// program: private_address
// run: data=inc14 0a010203 -> 1
// run: data=inc14 ac1f0001 -> 2
// run: data=inc14 ac200001 -> 0
// run: data=inc14 c0a80001 -> 3
SEC("xdp") int private_address(struct xdp_md *ctx)
{
	BYTES(4);
	__u32 a = bpf_ntohl(*(__be32 *)p);

	if (a >> 24 == 10)
		return 1;
	if (a >> 20 == 0xac1)
		return 2;
	return a >> 16 == 0xc0a8 ? 3 : 0;
}

// One in four by a hash of the bytes: sampling without random numbers.
// program: sample
// run: data=inc14 01020304 -> 1
// run: data=inc14 01020305 -> 0
SEC("xdp") int sample(struct xdp_md *ctx)
{
	BYTES(4);
	return (*(__u32 *)p * 0x9e3779b1 >> 30) == 0;
}

// A traffic light with a clock in the packet.
// program: traffic_light
// run: data=inc14 00 -> 0
// run: data=inc14 09 -> 1
// run: data=inc14 0f -> 2
SEC("xdp") int traffic_light(struct xdp_md *ctx)
{
	BYTES(1);
	switch (*p % 16) {
	case 0 ... 7: return 0;
	case 8 ... 10: return 1;
	default: return 2;
	}
}

enum { IDLE, OPENING, OPEN, CLOSING };
static const __u8 NEXT[4][4] = {
	{IDLE, OPENING, IDLE, IDLE},
	{IDLE, OPENING, OPEN, IDLE},
	{OPEN, OPEN, OPEN, CLOSING},
	{IDLE, CLOSING, CLOSING, IDLE},
};

// A state machine as a table.
// program: table_machine
// run: data=inc14 01 02 00 03 01 -> 3
// run: data=inc14 01 02 03 00 00 -> 0
SEC("xdp") int table_machine(struct xdp_md *ctx)
{
	BYTES(5);
	__u32 state = IDLE;

	for (int i = 0; i < 5; i++)
		state = NEXT[state & 3][p[i] & 3];
	return state;
}

// A trie of two levels in constant data.
static const __u8 TRIE[16] = {0, 4, 8, 0, 0x81, 0x82, 0, 0, 0x83, 0, 0x84, 0, 0, 0, 0, 0};

// program: small_trie
// run: data=inc14 10 -> 0
// run: data=inc14 50 -> 2
// run: data=inc14 a0 -> 4
SEC("xdp") int small_trie(struct xdp_md *ctx)
{
	BYTES(1);
	__u32 at = TRIE[*p >> 6 & 3];

	if (!at)
		return 0;
	at = TRIE[(at + (*p >> 4 & 3)) & 15];
	return at & 0x80 ? at & 0x7f : 0;
}

// Unaligned words, put together byte by byte.
// program: load_be24
// run: data=inc14 010203 -> 0x10203
SEC("xdp") int load_be24(struct xdp_md *ctx)
{
	BYTES(3);
	return p[0] << 16 | p[1] << 8 | p[2];
}

// A twelve-bit field over a byte's edge.
// program: twelve_bits
// run: data=inc14 abcdef -> 0xabcdef
SEC("xdp") int twelve_bits(struct xdp_md *ctx)
{
	BYTES(3);
	__u32 first = p[0] << 4 | p[1] >> 4, second = (p[1] & 15) << 8 | p[2];

	return first << 12 | second;
}

// A colour to grey.
// program: grey
// run: data=inc14 ff0000 -> 76
// run: data=inc14 ffffff -> 255
SEC("xdp") int grey(struct xdp_md *ctx)
{
	BYTES(3);
	return (p[0] * 77 + p[1] * 150 + p[2] * 29) >> 8;
}

// Half precision to a whole number.
// program: half_float
// run: data=inc14 0045 -> 5
// run: data=inc14 003c -> 1
// run: data=inc14 00c5 -> 0xfffffffb
SEC("xdp") int half_float(struct xdp_md *ctx)
{
	BYTES(2);
	__u32 h = p[0] | p[1] << 8, exp = h >> 10 & 31, frac = (h & 0x3ff) | 0x400;

	if (exp < 15 || exp > 25)
		return 0;
	__u32 v = frac >> (25 - exp);
	return h & 0x8000 ? -v : v;
}

// Luhn's check digit.
// program: luhn
// run: data=inc14 31373839333732393937 34 -> 1
// run: data=inc14 31373839333732393937 35 -> 0
SEC("xdp") int luhn(struct xdp_md *ctx)
{
	BYTES(11);
	__u32 sum = 0;

	for (int i = 0; i < 11; i++) {
		__u32 d = p[i] - '0';
		if (i & 1) {
			d *= 2;
			d = d > 9 ? d - 9 : d;
		}
		sum += d;
	}
	return sum % 10 == 0;
}

// A game of life on one byte.
// program: life
// run: data=inc14 1c -> 0x08
SEC("xdp") int life(struct xdp_md *ctx)
{
	BYTES(1);
	__u32 v = *p, left = v << 1 & 0xff, right = v >> 1;

	return v & left & right;
}

// The sum of the digits of a number.
// program: digit_sum
// run: data=inc14 39300000 -> 15
SEC("xdp") int digit_sum(struct xdp_md *ctx)
{
	BYTES(4);
	__u32 n = *(__u32 *)p, sum = 0;

	for (int i = 0; i < 10; i++) {
		sum += n % 10;
		n /= 10;
	}
	return sum;
}

// program: length_as_number
// but: ok live: beyond, what the length, compared once as a number, says of the end is proved by refinement
// run: data=inc19 5a -> 0x5a
SEC("xdp") int length_as_number(struct xdp_md *ctx)
{
	__u64 len = ctx->data_end - ctx->data;
	__u8 *p = DATA(ctx);

	if (len < 20)
		return 0;
	return p[19];
}

// A look-up without its NULL check.
MAP(forgotten, HASH, __u32, __u32, 4);
// program: forgotten_check
// reject: null-deref *
SEC("xdp") int forgotten_check(struct xdp_md *ctx)
{
	__u32 key = ctx->ingress_ifindex, *v = bpf_map_lookup_elem(&forgotten, &key);

	return *v;
}

// Off by one.
// program: off_by_one
// reject: packet-bounds *
SEC("xdp") int off_by_one(struct xdp_md *ctx)
{
	__u8 *p = DATA(ctx);

	if ((void *)(p + 19) > DATA_END(ctx))
		return 0;
	return p[19];
}
