// SPDX-License-Identifier: Apache-2.0 OR MIT
/* Eight workloads over plain memory, the same source for plugins (clang -target bpf) and for native code. */
#ifdef __bpf__
#include <stingless/bpf.h>
#define WORK(name) SEC("raw/" #name) __u64 name
#else
typedef unsigned char __u8;
typedef unsigned int __u32;
typedef unsigned long long __u64;
#define WORK(name) __u64 name
#endif

/* Loops end here whatever the length is. */
#define MOST 2048

/* Bytes added up. */
WORK(sum)(const __u8 *mem, __u64 len)
{
	__u64 total = 0;

	for (__u64 i = 0; i < MOST && i < len; i++)
		total += mem[i];
	return total;
}

/* Adler-32, the remainder taken at each byte. */
WORK(adler32)(const __u8 *mem, __u64 len)
{
	__u32 a = 1, b = 0;

	for (__u64 i = 0; i < MOST && i < len; i++) {
		a = (a + mem[i]) % 65521;
		b = (b + a) % 65521;
	}
	return (__u64)b << 16 | a;
}

/* CRC-32 of the first bytes, bit by bit and without a branch. */
WORK(crc32)(const __u8 *mem, __u64 len)
{
	__u32 crc = ~0u;

	for (__u64 i = 0; i < 256 && i < len; i++) {
		crc ^= mem[i];
#pragma unroll
		for (int bit = 0; bit < 8; bit++)
			crc = crc >> 1 ^ (0xedb88320 & -(crc & 1));
	}
	return ~crc;
}

/* Code points of a text in UTF-8: bytes that go on none. */
WORK(utf8)(const __u8 *mem, __u64 len)
{
	__u64 points = 0;

	for (__u64 i = 0; i < MOST && i < len; i++)
		points += (mem[i] & 0xc0) != 0x80;
	return points;
}

/* xorshift64* over the words of the memory, put back. */
WORK(scramble)(__u8 *mem, __u64 len)
{
	__u64 x = 88172645463325252ull;

	for (__u64 i = 0; i < MOST && i + 8 <= len; i += 8) {
		__u64 *word = (__u64 *)(mem + i);

		x ^= x >> 12;
		x ^= x << 25;
		x ^= x >> 27;
		*word ^= x * 2685821657736338717ull;
	}
	return x;
}

/* Greatest common divisors of neighbouring numbers. */
WORK(gcd)(const __u8 *mem, __u64 len)
{
	__u64 total = 0;

	for (__u64 i = 1; i < 64 && i < len; i++) {
		__u32 a = mem[i - 1] + 1000, b = mem[i] + 1;

		for (int turn = 0; turn < 24 && b; turn++) {
			__u32 rest = a % b;

			a = b;
			b = rest;
		}
		total += a;
	}
	return total;
}

/* Where a line ends. */
WORK(newline)(const __u8 *mem, __u64 len)
{
	for (__u64 i = 0; i < MOST && i < len; i++)
		if (mem[i] == '\n')
			return i;
	return len;
}

static __attribute__((noinline)) __u64 mix(__u64 a, __u64 b)
{
	a ^= b;
	a *= 0xff51afd7ed558ccdull;
	return a ^ a >> 33;
}

/* A function called for each byte. */
WORK(calls)(const __u8 *mem, __u64 len)
{
	__u64 hash = len;

	for (__u64 i = 0; i < 512 && i < len; i++)
		hash = mix(hash, mem[i]);
	return hash;
}

#ifdef __bpf__
char LICENSE[] SEC("license") = "Dual MIT/GPL";
#endif
