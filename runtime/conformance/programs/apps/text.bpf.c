// Text: scanners, tokenisers, decoders.
// hook: xdp
// levels: O2.v3 O1.v2
#include "app.h"

// program: count_words
// but: ok untrusted+privileged: precision, states of scanners are not pruned as in Linux
// run: data=inc14 2068656c6c6f2020776f726c64206f6620427066 -> 4
SEC("xdp") int count_words(struct xdp_md *ctx)
{
	__u32 words = 0, in = 0;

	EACH(ctx, i, c, 64) {
		if (c == ' ') {
			in = 0;
		} else if (!in) {
			in = 1;
			words++;
		}
	}
	return words;
}

// program: find_byte
// run: data=inc14 6162633b6465 -> 3
// run: data=inc14 616263 -> 0xffffffff
SEC("xdp") int find_byte(struct xdp_md *ctx)
{
	EACH(ctx, i, c, 64)
		if (c == ';')
			return i;
	return -1;
}

// Where "GET" begins, by a small automaton.
// program: find_get
// run: data=inc14 474747455420 -> 2
// run: data=inc14 4745 -> 0xffffffff
SEC("xdp") int find_get(struct xdp_md *ctx)
{
	__u32 state = 0;

	EACH(ctx, i, c, 64) {
		switch (state) {
		case 0: state = c == 'G'; break;
		case 1: state = c == 'E' ? 2 : c == 'G'; break;
		case 2:
			if (c == 'T')
				return i - 2;
			state = c == 'G';
			break;
		}
	}
	return -1;
}

// HTTP method and the length of the path.
// program: http_request
// run: data=inc14 474554202f696e6465782e68746d6c20485454502f312e310d0a -> 0x1000b
// run: data=inc14 504f5354202f20485454502f312e310d0a -> 0x20001
// run: data=inc14 425245572f -> 0
SEC("xdp") int http_request(struct xdp_md *ctx)
{
	__u8 *p = DATA(ctx) + 14;
	void *end = DATA_END(ctx);
	__u32 method, len = 0;

	if ((void *)(p + 5) > end)
		return 0;
	if (p[0] == 'G' && p[1] == 'E' && p[2] == 'T' && p[3] == ' ')
		method = 1, p += 4;
	else if (p[0] == 'P' && p[1] == 'O' && p[2] == 'S' && p[3] == 'T')
		method = 2, p += 5;
	else
		return 0;
	for (int i = 0; i < 64; i++, p++, len++)
		if ((void *)(p + 1) > end || *p == ' ')
			break;
	return method << 16 | len;
}

// Depth and number of members of a JSON text, strings respected.
// program: json_depth
// but: ok untrusted+privileged: precision, states of scanners are not pruned as in Linux
// run: data=inc14 7b2261223a5b312c7b2262223a227d227d5d7d -> 0x303
// run: data=inc14 5b5d -> 0x100
// run: data=inc14 5d -> 0xffffffff
SEC("xdp") int json_depth(struct xdp_md *ctx)
{
	__u32 depth = 0, most = 0, marks = 0, quoted = 0, escaped = 0;

	EACH(ctx, i, c, 20) {
		if (quoted) {
			if (escaped)
				escaped = 0;
			else if (c == '\\')
				escaped = 1;
			else if (c == '"')
				quoted = 0;
			continue;
		}
		if (c == '"')
			quoted = 1;
		else if (c == '{' || c == '[')
			most = ++depth > most ? depth : most;
		else if ((c == '}' || c == ']') && depth-- == 0)
			return -1;
		else if (c == ',' || c == ':')
			marks++;
	}
	return most << 8 | marks;
}

// program: parse_decimal
// run: data=inc14 3432393439363732393478 -> 0xfffffffe
// run: data=inc14 3132 -> 12
// run: data=inc14 78 -> 0
SEC("xdp") int parse_decimal(struct xdp_md *ctx)
{
	__u32 n = 0;

	EACH(ctx, i, c, 12) {
		if (c < '0' || c > '9')
			break;
		n = n * 10 + (c - '0');
	}
	return n;
}

static __always_inline int nibble(__u8 c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	c |= 0x20;
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	return -1;
}

// program: parse_hex
// run: data=inc14 4465614442656546 -> 0xdeadbeef
// run: data=inc14 66672e -> 0xf
SEC("xdp") int parse_hex(struct xdp_md *ctx)
{
	__u32 n = 0;

	EACH(ctx, i, c, 8) {
		int d = nibble(c);
		if (d < 0)
			break;
		n = n << 4 | d;
	}
	return n;
}

// "%41" and "+", decoded into the frame.
// program: url_decode
// but: ok untrusted+privileged: precision, states of scanners are not pruned as in Linux
// run: data=inc14 61253432252b63 -> 0xffffffff
// run: data=inc14 612534322b63 -> 0x61422063
SEC("xdp") int url_decode(struct xdp_md *ctx)
{
	__u32 out = 0, wait = 0, high = 0;

	EACH(ctx, i, c, 24) {
		if (wait) {
			int d = nibble(c);
			if (d < 0)
				return -1;
			high = high << 4 | d;
			if (--wait == 0)
				out = out << 8 | (high & 0xff);
		} else if (c == '%') {
			wait = 2;
			high = 0;
		} else {
			out = out << 8 | (c == '+' ? ' ' : c);
		}
	}
	return out;
}

static __always_inline int sextet(__u8 c)
{
	if (c >= 'A' && c <= 'Z')
		return c - 'A';
	if (c >= 'a' && c <= 'z')
		return c - 'a' + 26;
	if (c >= '0' && c <= '9')
		return c - '0' + 52;
	return c == '+' ? 62 : c == '/' ? 63 : -1;
}

// The first three bytes of base64: "TWFu" is "Man".
// program: base64_first
// run: data=inc14 54574675 -> 0x4d616e
// run: data=inc14 2b2f2b2f -> 0xfbffbf
// run: data=inc14 54 -> 0xffffffff
SEC("xdp") int base64_first(struct xdp_md *ctx)
{
	__u8 *p = DATA(ctx) + 14;
	__u32 n = 0;

	if ((void *)(p + 4) > DATA_END(ctx))
		return -1;
	for (int i = 0; i < 4; i++) {
		int s = sextet(p[i]);
		if (s < 0)
			return -2;
		n = n << 6 | s;
	}
	return n;
}

static const char DIGITS[] = "0123456789abcdef";

// Bytes to hex digits in the frame itself.
// program: hex_encode
// run: data=inc14 deadbeef 0000000000000000 -> 8 out=inc14 deadbeef 6465616462656566
SEC("xdp") int hex_encode(struct xdp_md *ctx)
{
	__u8 *p = DATA(ctx) + 14;

	if ((void *)(p + 12) > DATA_END(ctx))
		return 0;
	for (int i = 0; i < 4; i++) {
		p[4 + 2 * i] = DIGITS[p[i] >> 4];
		p[5 + 2 * i] = DIGITS[p[i] & 15];
	}
	return 8;
}

// program: upper_case
// run: data=inc14 61427a7b40 -> 3 out=inc14 41425a7b40
SEC("xdp") int upper_case(struct xdp_md *ctx)
{
	__u8 *p = DATA(ctx) + 14;
	void *end = DATA_END(ctx);
	__u32 changed = 0;

	for (int i = 0; i < 32; i++, p++) {
		if ((void *)(p + 1) > end)
			break;
		if (*p >= 'a' && *p <= 'z') {
			*p -= 32;
			changed++;
		}
	}
	return changed + 1;
}

// program: utf8_length
// but: ok untrusted+privileged: precision, states of scanners are not pruned as in Linux
// run: data=inc14 61c3a9e282acf09f9880 -> 4
// run: data=inc14 ff -> 0xffffffff
SEC("xdp") int utf8_length(struct xdp_md *ctx)
{
	__u32 n = 0, more = 0;

	EACH(ctx, i, c, 48) {
		if (more) {
			if ((c & 0xc0) != 0x80)
				return -2;
			more--;
			continue;
		}
		n++;
		if (c < 0x80)
			more = 0;
		else if ((c & 0xe0) == 0xc0)
			more = 1;
		else if ((c & 0xf0) == 0xe0)
			more = 2;
		else if ((c & 0xf8) == 0xf0)
			more = 3;
		else
			return -1;
	}
	return n;
}

// An IPv4 address in text.
// program: parse_ipv4
// but: ok untrusted+privileged: precision, states of scanners are not pruned as in Linux
// run: data=inc14 3139322e3136382e302e323535 -> 0xc0a800ff
// run: data=inc14 3139322e3330302e302e31 -> 0
SEC("xdp") int parse_ipv4(struct xdp_md *ctx)
{
	__u32 addr = 0, part = 0, dots = 0;

	EACH(ctx, i, c, 16) {
		if (c == '.') {
			addr = addr << 8 | part;
			part = 0;
			dots++;
		} else if (c >= '0' && c <= '9') {
			part = part * 10 + c - '0';
			if (part > 255)
				return 0;
		} else {
			break;
		}
	}
	return dots == 3 ? addr << 8 | part : 0;
}

// A glob with one star: "ab*z".
// program: glob
// run: data=inc14 6162637a -> 1
// run: data=inc14 61627a -> 1
// run: data=inc14 616379 -> 0
SEC("xdp") int glob(struct xdp_md *ctx)
{
	__u8 *p = DATA(ctx) + 14, last = 0;
	void *end = DATA_END(ctx);

	if ((void *)(p + 2) > end || p[0] != 'a' || p[1] != 'b')
		return 0;
	EACH(ctx, i, c, 32)
		last = c;
	return last == 'z';
}

// program: palindrome
// run: data=inc14 6162636261 -> 1
// run: data=inc14 6162636261 62 -> 0
SEC("xdp") int palindrome(struct xdp_md *ctx)
{
	__u8 copy[16] = {};
	__u32 n = 0;

	EACH(ctx, i, c, 16) {
		copy[i & 15] = c;
		n = i + 1;
	}
	for (__u32 i = 0; i < 8; i++) {
		if (i >= n / 2)
			break;
		if (copy[i] != copy[(n - 1 - i) & 15])
			return 0;
	}
	return 1;
}

// A key among "key=value&..": the value's first byte.
// program: query_value
// run: data=inc14 613d312669643d3726783d39 -> 0x37
// run: data=inc14 6964 -> 0
SEC("xdp") int query_value(struct xdp_md *ctx)
{
	__u32 window = '&';

	EACH(ctx, i, c, 48) {
		if (window == ('&' << 24 | 'i' << 16 | 'd' << 8 | '='))
			return c;
		window = window << 8 | c;
	}
	return 0;
}

// Lines and the longest of them.
// program: lines
// run: data=inc14 610a6262620a0a63 -> 0x30003
SEC("xdp") int lines(struct xdp_md *ctx)
{
	__u32 n = 0, len = 0, longest = 0;

	EACH(ctx, i, c, 12) {
		if (c == '\n') {
			n++;
			len = 0;
			continue;
		}
		if (++len > longest)
			longest = len;
	}
	return longest << 16 | n;
}

// A log level by its name, as a chain of string comparisons.
// program: log_level
// run: data=inc14 6572726f72 -> 3
// run: data=inc14 7761726e20 -> 2
// run: data=inc14 696e666f20 -> 1
// run: data=inc14 6465627567 -> 0
SEC("xdp") int log_level(struct xdp_md *ctx)
{
	__u8 *p = DATA(ctx) + 14;

	if ((void *)(p + 5) > DATA_END(ctx))
		return -1;
	if (!__builtin_memcmp(p, "error", 5))
		return 3;
	if (!__builtin_memcmp(p, "warn", 4))
		return 2;
	if (!__builtin_memcmp(p, "info", 4))
		return 1;
	return 0;
}
