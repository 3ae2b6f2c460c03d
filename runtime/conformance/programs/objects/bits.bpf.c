/* Iterators over bits. SPDX-License-Identifier: Apache-2.0 OR MIT */
#include "objects.h"

typedef struct bpf_iter_bits bits;

static __u64 words[600] = { [0] = 0x8000000000000001, [2] = 0x10, [510] = 1ull << 63, [511] = 7 };
static int counted, last;

static __always_inline int walk(const __u64 *at, __u32 n)
{
	int *bit, sum = 0, count = 0;

	bpf_for_each(bits, bit, at, n) {
		sum += *bit;
		count++;
	}
	return count * 100000 + sum;
}

OK(bits_of_a_word)
{
	__u64 word = 0x8000400020000013;

	return walk(&word, 1);
}

OK(bits_of_no_bit)
{
	__u64 none[3] = {};

	return walk(none, 1) * 10 + walk(none, 3);
}

OK(bits_of_the_last_word)
{
	__u64 some[4] = { 0, 0, 0, 1ull << 63 };

	return walk(some, 4);
}

OK(bits_of_the_longest)
{
	return walk(words, 511);
}

OK(bits_of_a_map_value)
{
	__u8 *v = lookup();

	if (!v)
		return 1;
	for (int i = 0; i < 64; i++)
		v[i] = i;
	return walk((__u64 *)v, 8);
}

OK(bits_of_as_many_as_there_are)
{
	__u8 *v = lookup();
	__u32 n = bpf_get_prandom_u32() & 3;

	if (!v)
		return 1;
	v[0] = 0x81;
	return walk((__u64 *)v, n + 2);
}

OK(bits_are_copied)
{
	__u64 some[2] = { 5, 9 };
	int *bit, sum = 0;

	bpf_for_each(bits, bit, some, 2) {
		*(volatile __u64 *)&some[1] = 0xff00;
		sum = sum * 10 + (*bit & 63);
	}
	return sum;
}

OK(bits_that_are_none)
{
	__u64 word = 1;
	int n = 0, a, b, c, d;
	bits it;

	a = bpf_iter_bits_new(&it, 0, 1);
	n += bpf_iter_bits_next(&it) != 0;
	bpf_iter_bits_destroy(&it);
	b = bpf_iter_bits_new(&it, &word, 0);
	n += bpf_iter_bits_next(&it) != 0;
	bpf_iter_bits_destroy(&it);
	c = bpf_iter_bits_new(&it, words, 512);
	n += bpf_iter_bits_next(&it) != 0;
	bpf_iter_bits_destroy(&it);
	d = bpf_iter_bits_new(&it, &word, -1);
	n += bpf_iter_bits_next(&it) != 0;
	bpf_iter_bits_destroy(&it);
	return n * 1000000 + a * 10000 + b * 1000 + c * 100 + d;
}

OK(bits_after_the_last)
{
	__u64 some[2] = { 1, 1 }, word = 2;
	int n = 0;
	bits it;

	bpf_iter_bits_new(&it, some, 2);
	for (int i = 0; i < 5; i++) {
		int *bit = bpf_iter_bits_next(&it);

		n = n * 3 + (bit ? *bit + 1 : 0);
	}
	bpf_iter_bits_destroy(&it);
	bpf_iter_bits_new(&it, &word, 1);
	for (int i = 0; i < 5; i++)
		n = n * 3 + (bpf_iter_bits_next(&it) != 0);
	bpf_iter_bits_destroy(&it);
	return n;
}

OK(bits_left_early)
{
	__u64 some[2] = { 0xff, 1 };
	int *bit, n = 0;

	for (int i = 0; i < 4; i++)
		bpf_for_each(bits, bit, some, 2) {
			n += *bit;
			if (*bit > i)
				break;
		}
	return n;
}

OK(bits_in_bits)
{
	__u64 outer[2] = { 0x11, 2 }, inner[3] = { 1, 1, 1 };
	int *a, *b, n = 0;

	bpf_for_each(bits, a, outer, 2)
		bpf_for_each(bits, b, inner, 3)
			n = n * 7 + *a * *b;
	return n;
}

OK(bits_of_maybe_null)
{
	__u8 *v = lookup();
	int *bit, n = 3;

	/* NULL is an error of the iterator, not of the program. */
	bpf_for_each(bits, bit, (__u64 *)v, 8)
		n++;
	return n;
}

BAD(reference_leak, bits_not_destroyed)
{
	__u64 word = 1;
	bits it;

	bpf_iter_bits_new(&it, &word, 1);
	return 0;
}

BAD(iterator_state, bits_destroyed_twice)
{
	__u64 word = 1;
	bits it;

	bpf_iter_bits_new(&it, &word, 1);
	bpf_iter_bits_destroy(&it);
	bpf_iter_bits_destroy(&it);
	return 0;
}

BAD(iterator_state, bits_stepped_as_numbers)
{
	__u64 word = 1;
	bits it;

	bpf_iter_bits_new(&it, &word, 1);
	counted = bpf_iter_num_next((num *)&it) != 0;
	bpf_iter_bits_destroy(&it);
	return 0;
}

BAD(null_deref, bit_unchecked)
{
	__u64 word = 1;
	bits it;
	int n;

	bpf_iter_bits_new(&it, &word, 1);
	n = *bpf_iter_bits_next(&it);
	bpf_iter_bits_destroy(&it);
	return n;
}

BAD(read_only, bit_written)
{
	__u64 word = 1;
	int *bit;

	bpf_for_each(bits, bit, &word, 1)
		*(volatile int *)bit = 3;
	return 0;
}

BAD(mem_bounds, beside_the_bit)
{
	__u64 word = 1;
	int *bit, n = 0;

	bpf_for_each(bits, bit, &word, 1)
		n += ((volatile int *)bit)[1];
	return n;
}

BAD(reference_released, bit_after_the_iterator)
{
	__u64 word = 1;
	int *bit, n = 0;
	bits it;

	bpf_iter_bits_new(&it, &word, 1);
	bit = bpf_iter_bits_next(&it);
	bpf_iter_bits_destroy(&it);
	return bit ? *bit : 0;
}

/* Linux looks at any address, and finds out at run time: here memory is proved. */
STRICT(stack_bounds, words_beyond_the_stack)
{
	__u64 some[2] = { 1, 2 };

	return walk(some, 64);
}

STRICT(map_value_bounds, words_beyond_the_value)
{
	__u8 *v = lookup();

	return v ? walk((__u64 *)v, 9) : 0;
}

STRICT(map_value_bounds, words_without_a_bound)
{
	__u8 *v = lookup();

	return v ? walk((__u64 *)v, bpf_get_prandom_u32()) : 0;
}

STRICT(helper_arg, words_at_a_number)
{
	return walk((__u64 *)(long)(bpf_get_prandom_u32() | 1), 1);
}

STRICT(helper_arg, words_of_a_context)
{
	return walk((__u64 *)ctx, 1);
}
