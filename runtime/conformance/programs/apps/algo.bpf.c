// Algorithms on the payload behind the Ethernet header: sorting, searching, arithmetic, ciphers.
// hook: xdp
// levels: O2.v3 O1.v1 Os.v4
#include "app.h"

#define WORDS(n)                                             \
	__u32 *w = DATA(ctx) + 14;                           \
	if ((void *)(w + (n)) > DATA_END(ctx))               \
		return -1

// program: sort_network
// run: data=inc14 04000000 01000000 03000000 02000000 -> 0x1234
// run: data=inc14 00 -> 0xffffffff
SEC("xdp") int sort_network(struct xdp_md *ctx)
{
	WORDS(4);
	__u32 a = w[0], b = w[1], c = w[2], d = w[3], t;
#define CAS(x, y)    \
	if (x > y)   \
	t = x, x = y, y = t
	CAS(a, b);
	CAS(c, d);
	CAS(a, c);
	CAS(b, d);
	CAS(b, c);
	return a << 12 | b << 8 | c << 4 | d;
}

// program: insertion_sort
// run: data=inc14 07030501 -> 0x01030507
SEC("xdp") int insertion_sort(struct xdp_md *ctx)
{
	__u8 *p = DATA(ctx) + 14, v[4];

	if ((void *)(p + 4) > DATA_END(ctx))
		return -1;
	__builtin_memcpy(v, p, 4);
	for (int i = 1; i < 4; i++)
		for (int j = i; j > 0; j--)
			if (v[j - 1] > v[j]) {
				__u8 t = v[j];
				v[j] = v[j - 1];
				v[j - 1] = t;
			}
	return v[0] << 24 | v[1] << 16 | v[2] << 8 | v[3];
}

static const __u16 PRIMES[16] = {2, 3, 5, 7, 11, 13, 17, 19, 23, 29, 31, 37, 41, 43, 47, 53};

// program: binary_search
// run: data=inc14 17000000 -> 8
// run: data=inc14 02000000 -> 0
// run: data=inc14 18000000 -> 0xffffffff
SEC("xdp") int binary_search(struct xdp_md *ctx)
{
	WORDS(1);
	__u32 low = 0, high = 16;

	for (int i = 0; i < 5; i++) {
		__u32 mid = (low + high) / 2 & 15;
		if (low >= high)
			break;
		if (PRIMES[mid] == w[0])
			return mid;
		if (PRIMES[mid] < w[0])
			low = mid + 1;
		else
			high = mid;
	}
	return -1;
}

// program: gcd
// run: data=inc14 30000000 24000000 -> 12
// run: data=inc14 11000000 00000000 -> 17
SEC("xdp") int gcd(struct xdp_md *ctx)
{
	WORDS(2);
	__u32 a = w[0] & 0xffff, b = w[1] & 0xffff;

	for (int i = 0; i < 24 && b; i++) {
		__u32 t = a % b;
		a = b;
		b = t;
	}
	return a;
}

// program: isqrt
// but: ok untrusted+privileged: precision, numbers that are compared with each other in every turn are not pruned as in Linux
// run: data=inc14 10270000 -> 100
// run: data=inc14 ffffffff -> 0xffff
SEC("xdp") int isqrt(struct xdp_md *ctx)
{
	WORDS(1);
	__u32 n = w[0], root = 0;

	for (__u32 bit = 1u << 30; bit; bit >>= 2) {
		if (n >= root + bit) {
			n -= root + bit;
			root = (root >> 1) + bit;
		} else {
			root >>= 1;
		}
	}
	return root;
}

// program: popcount
// run: data=inc14 ff00ff01 -> 17
SEC("xdp") int popcount(struct xdp_md *ctx)
{
	WORDS(1);
	__u32 v = w[0];

	v -= v >> 1 & 0x55555555;
	v = (v & 0x33333333) + (v >> 2 & 0x33333333);
	return ((v + (v >> 4)) & 0x0f0f0f0f) * 0x01010101 >> 24;
}

// program: bit_reverse
// run: data=inc14 01000080 -> 0x80000001
// run: data=inc14 02000000 -> 0x40000000
SEC("xdp") int bit_reverse(struct xdp_md *ctx)
{
	WORDS(1);
	__u32 v = w[0];

	v = (v >> 1 & 0x55555555) | (v & 0x55555555) << 1;
	v = (v >> 2 & 0x33333333) | (v & 0x33333333) << 2;
	v = (v >> 4 & 0x0f0f0f0f) | (v & 0x0f0f0f0f) << 4;
	return __builtin_bswap32(v);
}

// program: power_mod
// run: data=inc14 03000000 0a000000 -> 0x20f
SEC("xdp") int power_mod(struct xdp_md *ctx)
{
	WORDS(2);
	__u64 base = w[0] % 1009, result = 1;
	__u32 exp = w[1];

	for (int i = 0; i < 12; i++) {
		if (exp & 1)
			result = result * base % 1009;
		base = base * base % 1009;
		exp >>= 1;
	}
	return result;
}

// program: matrix
// run: data=inc14 01020304 05060708 -> 0x13162b32
SEC("xdp") int matrix(struct xdp_md *ctx)
{
	__u8 *m = DATA(ctx) + 14, out[4] = {};

	if ((void *)(m + 8) > DATA_END(ctx))
		return -1;
	for (int i = 0; i < 2; i++)
		for (int j = 0; j < 2; j++)
			for (int k = 0; k < 2; k++)
				out[i * 2 + j] += m[i * 2 + k] * m[4 + k * 2 + j];
	return out[0] << 24 | out[1] << 16 | out[2] << 8 | out[3];
}

// Q16.16: 1.5 * 2.25 + 0.5.
// program: fixed_point
// run: data=inc14 00800100 00400200 -> 0x3e000
SEC("xdp") int fixed_point(struct xdp_md *ctx)
{
	WORDS(2);
	__s64 p = (__s64)(__s32)w[0] * (__s32)w[1];

	return (p >> 16) + 0x8000;
}

#define ROL(x, n) ((x) << (n) | (x) >> (32 - (n)))
#define QUARTER(a, b, c, d)                      \
	a += b, d ^= a, d = ROL(d, 16);          \
	c += d, b ^= c, b = ROL(b, 12);          \
	a += b, d ^= a, d = ROL(d, 8);           \
	c += d, b ^= c, b = ROL(b, 7)

// RFC 8439, 2.1.1: a becomes ea2a92f4.
// program: chacha_quarter
// run: data=inc14 11111111 04030201 43b78d9b 67452301 -> 0xea2a92f4
SEC("xdp") int chacha_quarter(struct xdp_md *ctx)
{
	WORDS(4);
	__u32 a = 0x11111111, b = 0x01020304, c = 0x9b8d6f43, d = 0x01234567;

	barrier_var(a);
	QUARTER(a, b, c, d);
	return a;
}

// A ChaCha20 block of RFC 8439, 2.3.2: its first word is e4e7f110.
// program: chacha_block
// run: data=inc14 inc32 -> 0xe4e7f110
SEC("xdp") int chacha_block(struct xdp_md *ctx)
{
	WORDS(8);
	__u32 x0 = 0x61707865, x1 = 0x3320646e, x2 = 0x79622d32, x3 = 0x6b206574;
	__u32 x4 = w[0], x5 = w[1], x6 = w[2], x7 = w[3], x8 = w[4], x9 = w[5], xa = w[6], xb = w[7];
	__u32 xc = 1, xd = 0x09000000, xe = 0x4a000000, xf = 0;

	for (int i = 0; i < 10; i++) {
		QUARTER(x0, x4, x8, xc);
		QUARTER(x1, x5, x9, xd);
		QUARTER(x2, x6, xa, xe);
		QUARTER(x3, x7, xb, xf);
		QUARTER(x0, x5, xa, xf);
		QUARTER(x1, x6, xb, xc);
		QUARTER(x2, x7, x8, xd);
		QUARTER(x3, x4, x9, xe);
	}
	return x0 + 0x61707865;
}

// TEA, two rounds.
// program: tea_round
// run: data=inc14 inc8 -> 0x93eb5bf6
SEC("xdp") int tea_round(struct xdp_md *ctx)
{
	WORDS(2);
	__u32 a = w[0], b = w[1], sum = 0;

	for (int i = 0; i < 2; i++) {
		sum += 0x9e3779b9;
		a += ((b << 4) + 1) ^ (b + sum) ^ ((b >> 5) + 2);
		b += ((a << 4) + 3) ^ (a + sum) ^ ((a >> 5) + 4);
	}
	return a ^ b;
}

static const __u8 SBOX[16] = {12, 5, 6, 11, 9, 0, 10, 13, 3, 14, 15, 8, 4, 7, 1, 2};

// The S-box layer of PRESENT.
// program: sbox_layer
// run: data=inc14 01234567 -> 0xad906bc5
SEC("xdp") int sbox_layer(struct xdp_md *ctx)
{
	WORDS(1);
	__u32 in = w[0], out = 0;

	for (int i = 0; i < 8; i++)
		out |= SBOX[in >> (i * 4) & 15] << (i * 4);
	return out;
}

// xorshift32, four steps.
// program: xorshift
// run: data=inc14 01000000 -> 0x1255994f
SEC("xdp") int xorshift(struct xdp_md *ctx)
{
	WORDS(1);
	__u32 x = w[0];

	for (int i = 0; i < 4; i++) {
		x ^= x << 13;
		x ^= x >> 17;
		x ^= x << 5;
	}
	return x;
}

// 64-bit multiplication from 32-bit halves, the high word.
// program: mul_high
// run: data=inc14 ffffffffffffffff ffffffffffffffff -> 0xfffffffe
// run: data=inc14 0000000001000000 0000000001000000 -> 1
SEC("xdp") int mul_high(struct xdp_md *ctx)
{
	__u64 *q = DATA(ctx) + 14;

	if ((void *)(q + 2) > DATA_END(ctx))
		return -1;
	__u64 a = (__u32)q[0], b = q[0] >> 32, c = (__u32)q[1], d = q[1] >> 32;
	__u64 mid = b * c + (a * c >> 32);
	__u64 low = a * d + (__u32)mid;
	return b * d + (mid >> 32) + (low >> 32);
}

// A division by a constant, signed and unsigned.
// program: divisions
// run: data=inc14 9cffffff -> 0x16f2
// run: data=inc14 64000000 -> 0x0e0e
SEC("xdp") int divisions(struct xdp_md *ctx)
{
	WORDS(1);
	__u32 u = w[0] / 7 & 0xff;
	__s32 s = (__s32)w[0];
	__u32 t = (s < 0 ? -((__u32)-s / 7) : (__u32)s / 7) & 0xff;

	return u << 8 | t;
}

// The median of three, without branches where the compiler likes.
// program: median
// run: data=inc14 09000000 02000000 05000000 -> 5
SEC("xdp") int median(struct xdp_md *ctx)
{
	WORDS(3);
	__u32 a = w[0], b = w[1], c = w[2];
	__u32 lo = a < b ? a : b, hi = a < b ? b : a;

	return c < lo ? lo : c > hi ? hi : c;
}

// Collatz, at most thirty steps.
// program: collatz
// run: data=inc14 06 -> 8
// run: data=inc14 01 -> 0
SEC("xdp") int collatz(struct xdp_md *ctx)
{
	__u8 *p = DATA(ctx) + 14;

	if ((void *)(p + 1) > DATA_END(ctx))
		return -1;
	__u32 n = *p, steps = 0;
	for (int i = 0; i < 12; i++) {
		if (n <= 1)
			break;
		n = n & 1 ? n * 3 + 1 : n / 2;
		steps++;
	}
	return steps;
}

// Leading zeros by halves.
// program: leading_zeros
// run: data=inc14 00000100 -> 15
// run: data=inc14 00000080 -> 0
SEC("xdp") int leading_zeros(struct xdp_md *ctx)
{
	WORDS(1);
	__u32 v = w[0], n = 0;

	if (!v)
		return 32;
	if (!(v & 0xffff0000))
		n += 16, v <<= 16;
	if (!(v & 0xff000000))
		n += 8, v <<= 8;
	if (!(v & 0xf0000000))
		n += 4, v <<= 4;
	if (!(v & 0xc0000000))
		n += 2, v <<= 2;
	return n + !(v & 0x80000000);
}

// Run-length encoding: runs in the payload.
// program: runs
// run: data=inc14 aaaabbcccc -> 3
SEC("xdp") int runs(struct xdp_md *ctx)
{
	__u8 *p = DATA(ctx) + 14, before;
	__u32 n = 1;

	if ((void *)(p + 5) > DATA_END(ctx))
		return -1;
	before = p[0];
	for (int i = 1; i < 5; i++) {
		n += p[i] != before;
		before = p[i];
	}
	return n;
}

// LEB128.
// program: leb128
// run: data=inc14 e58e26 -> 624485
// run: data=inc14 7f -> 127
SEC("xdp") int leb128(struct xdp_md *ctx)
{
	__u8 *p = DATA(ctx) + 14;
	void *end = DATA_END(ctx);
	__u32 v = 0;

	for (int i = 0; i < 5; i++, p++) {
		if ((void *)(p + 1) > end)
			return -1;
		v |= (*p & 0x7f) << (7 * i);
		if (!(*p & 0x80))
			return v;
	}
	return -2;
}

// Days since 1970 of a date.
// program: days
// run: data=inc14 d0070000 03000000 01000000 -> 11017
// run: data=inc14 b2070000 01000000 01000000 -> 0
SEC("xdp") int days(struct xdp_md *ctx)
{
	WORDS(3);
	__u32 y = w[0], m = w[1], d = w[2];

	if (m <= 2)
		y--;
	__u32 era = y / 400, yoe = y - era * 400;
	__u32 doy = (153 * (m > 2 ? m - 3 : m + 9) + 2) / 5 + d - 1;
	return era * 146097 + yoe * 365 + yoe / 4 - yoe / 100 + doy - 719468;
}

// Gray code, there and back.
// program: gray
// run: data=inc14 78563412 -> 0x12345678
SEC("xdp") int gray(struct xdp_md *ctx)
{
	WORDS(1);
	__u32 g = w[0] ^ w[0] >> 1;

	for (int s = 1; s < 32; s <<= 1)
		g ^= g >> s;
	return g;
}

// Morton order of two sixteen-bit numbers.
// program: morton
// run: data=inc14 ff000000 00ff0000 -> 0xaaaa5555
SEC("xdp") int morton(struct xdp_md *ctx)
{
	WORDS(2);
	__u32 x = w[0] & 0xffff, y = w[1] & 0xffff;

#define SPREAD(v)                                \
	v = (v | v << 8) & 0x00ff00ff;           \
	v = (v | v << 4) & 0x0f0f0f0f;           \
	v = (v | v << 2) & 0x33333333;           \
	v = (v | v << 1) & 0x55555555
	SPREAD(x);
	SPREAD(y);
	return x | y << 1;
}
