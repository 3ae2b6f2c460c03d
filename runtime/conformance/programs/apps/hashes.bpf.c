// Hashes and checksums of what follows the Ethernet header, known answers by other programs (zlib, hashlib, RFC 1952 ..).
// hook: xdp
// levels: O2.v3 O1.v1
#include "app.h"

// The payload "123456789", after fourteen zeros.
// program: crc32
// run: data=0000000000000000000000000000 313233343536373839 -> 0xcbf43926
// run: data=0000000000000000000000000000 -> 0
SEC("xdp") int crc32(struct xdp_md *ctx)
{
	__u32 crc = ~0u;

	EACH(ctx, i, b, 16) {
		crc ^= b;
		for (int k = 0; k < 8; k++)
			crc = crc >> 1 ^ (crc & 1 ? 0xedb88320 : 0);
	}
	return ~crc;
}

// program: crc16_ccitt
// run: data=0000000000000000000000000000 313233343536373839 -> 0x29b1
SEC("xdp") int crc16_ccitt(struct xdp_md *ctx)
{
	__u16 crc = 0xffff;

	EACH(ctx, i, b, 16) {
		crc ^= b << 8;
		for (int k = 0; k < 8; k++)
			crc = crc & 0x8000 ? crc << 1 ^ 0x1021 : crc << 1;
	}
	return crc;
}

// program: adler32
// run: data=0000000000000000000000000000 57696b697065646961 -> 0x11e60398
SEC("xdp") int adler32(struct xdp_md *ctx)
{
	__u32 a = 1, b = 0;

	EACH(ctx, i, c, 32) {
		a = (a + c) % 65521;
		b = (b + a) % 65521;
	}
	return b << 16 | a;
}

// program: fnv1a
// run: data=0000000000000000000000000000 666f6f626172 -> 0xbf9cf968
SEC("xdp") int fnv1a(struct xdp_md *ctx)
{
	__u32 h = 2166136261u;

	EACH(ctx, i, b, 32)
		h = (h ^ b) * 16777619u;
	return h;
}

// program: fnv1a_64
// run: data=0000000000000000000000000000 666f6f626172 -> 0x72ad2699
SEC("xdp") int fnv1a_64(struct xdp_md *ctx)
{
	__u64 h = 0xcbf29ce484222325ull;

	EACH(ctx, i, b, 32)
		h = (h ^ b) * 0x100000001b3ull;
	return h ^ h >> 32;
}

// program: djb2
// run: data=0000000000000000000000000000 68656c6c6f -> 0x0f923099
SEC("xdp") int djb2(struct xdp_md *ctx)
{
	__u32 h = 5381;

	EACH(ctx, i, b, 32)
		h = h * 33 + b;
	return h;
}

#define ROL(x, n) ((x) << (n) | (x) >> (32 - (n)))

// program: murmur3
// run: data=0000000000000000000000000000 74657374 -> 0xba6bd213
SEC("xdp") int murmur3(struct xdp_md *ctx)
{
	__u32 *p = DATA(ctx) + 14, *end = DATA_END(ctx), h = 0, n = 0;

	for (int i = 0; i < 8; i++, p++, n += 4) {
		if ((void *)(p + 1) > (void *)end)
			break;
		__u32 k = *p * 0xcc9e2d51;
		k = ROL(k, 15) * 0x1b873593;
		h ^= k;
		h = ROL(h, 13) * 5 + 0xe6546b64;
	}
	h ^= n;
	h = (h ^ h >> 16) * 0x85ebca6b;
	h = (h ^ h >> 13) * 0xc2b2ae35;
	return h ^ h >> 16;
}

// program: xx_rounds
// run: data=0000000000000000000000000000 61626364 -> 0xae79b4e3
SEC("xdp") int xx_rounds(struct xdp_md *ctx)
{
	__u32 *p = DATA(ctx) + 14, *end = DATA_END(ctx), h = 374761393u, n = 0;

	for (int i = 0; i < 3; i++, p++, n += 4) {
		if ((void *)(p + 1) > (void *)end)
			break;
		h += *p * 3266489917u;
		h = ROL(h, 17) * 668265263u;
	}
	h += n;
	h = (h ^ h >> 15) * 2246822519u;
	h = (h ^ h >> 13) * 3266489917u;
	return h ^ h >> 16;
}

#define MIX(a, b, c)                                    \
	a -= c, a ^= ROL(c, 4), c += b;                 \
	b -= a, b ^= ROL(a, 6), a += c;                 \
	c -= b, c ^= ROL(b, 8), b += a;                 \
	a -= c, a ^= ROL(c, 16), c += b;                \
	b -= a, b ^= ROL(a, 19), a += c;                \
	c -= b, c ^= ROL(b, 4), b += a
#define FINAL(a, b, c)                  \
	c ^= b, c -= ROL(b, 14);        \
	a ^= c, a -= ROL(c, 11);        \
	b ^= a, b -= ROL(a, 25);        \
	c ^= b, c -= ROL(b, 16);        \
	a ^= c, a -= ROL(c, 4);         \
	b ^= a, b -= ROL(a, 14);        \
	c ^= b, c -= ROL(b, 24)

// program: jhash_words
// run: data=0000000000000000000000000000 inc24 -> 0xe0e853a3
// run: data=inc20 -> 0
SEC("xdp") int jhash_words(struct xdp_md *ctx)
{
	__u32 *k = DATA(ctx) + 14, a, b, c;

	if ((void *)(k + 6) > DATA_END(ctx))
		return 0;
	a = b = c = 0xdeadbeef + (6 << 2) + 17;
	a += k[0];
	b += k[1];
	c += k[2];
	MIX(a, b, c);
	a += k[3];
	b += k[4];
	c += k[5];
	FINAL(a, b, c);
	return c;
}

#define ROL64(x, n) ((x) << (n) | (x) >> (64 - (n)))
#define SIPROUND                                                                \
	do {                                                                    \
		v0 += v1, v1 = ROL64(v1, 13) ^ v0, v0 = ROL64(v0, 32);          \
		v2 += v3, v3 = ROL64(v3, 16) ^ v2;                              \
		v0 += v3, v3 = ROL64(v3, 21) ^ v0;                              \
		v2 += v1, v1 = ROL64(v1, 17) ^ v2, v2 = ROL64(v2, 32);          \
	} while (0)

// SipHash-2-4 of no bytes under the key 00..0f: 0x726fdb47dd0e0e31.
// program: siphash_empty
// run: data=inc14 inc16 -> 0xdd0e0e31
SEC("xdp") int siphash_empty(struct xdp_md *ctx)
{
	__u64 *key = DATA(ctx) + 14, k0, k1;

	if ((void *)(key + 2) > DATA_END(ctx))
		return 0;
	k0 = key[0];
	k1 = key[1];
	__u64 v0 = k0 ^ 0x736f6d6570736575ull, v1 = k1 ^ 0x646f72616e646f6dull;
	__u64 v2 = k0 ^ 0x6c7967656e657261ull, v3 = k1 ^ 0x7465646279746573ull;
	SIPROUND;
	SIPROUND;
	v2 ^= 0xff;
	SIPROUND;
	SIPROUND;
	SIPROUND;
	SIPROUND;
	return v0 ^ v1 ^ v2 ^ v3;
}

// The sum of RFC 1071 over words.
// program: inet_checksum
// run: data=0000000000000000000000000000 0001f203f4f5f6f7 -> 0x0d22
SEC("xdp") int inet_checksum(struct xdp_md *ctx)
{
	__u16 *p = DATA(ctx) + 14, *end = DATA_END(ctx);
	__u32 sum = 0;

	for (int i = 0; i < 20; i++, p++) {
		if ((void *)(p + 1) > (void *)end)
			break;
		sum += *p;
	}
	sum = (sum & 0xffff) + (sum >> 16);
	sum += sum >> 16;
	return (__u16)~sum;
}

// program: xor_fold
// run: data=0000000000000000000000000000 0102030405060708 -> 0xc040407
SEC("xdp") int xor_fold(struct xdp_md *ctx)
{
	__u64 *p = DATA(ctx) + 14;

	if ((void *)(p + 1) > DATA_END(ctx))
		return 0;
	return *p ^ *p >> 32 ^ (*p >> 16 & 0xff);
}

// Fletcher-16 of "abcde": 0xc8f0.
// program: fletcher16
// run: data=0000000000000000000000000000 6162636465 -> 0xc8f0
SEC("xdp") int fletcher16(struct xdp_md *ctx)
{
	__u16 a = 0, b = 0;

	EACH(ctx, i, c, 32) {
		a = (a + c) % 255;
		b = (b + a) % 255;
	}
	return b << 8 | a;
}

// program: parity
// run: data=0000000000000000000000000000 010204 -> 1
// run: data=0000000000000000000000000000 0307 -> 1
// run: data=0000000000000000000000000000 0303 -> 0
SEC("xdp") int parity(struct xdp_md *ctx)
{
	__u8 all = 0;

	EACH(ctx, i, b, 64)
		all ^= b;
	all ^= all >> 4;
	all ^= all >> 2;
	return (all ^ all >> 1) & 1;
}
