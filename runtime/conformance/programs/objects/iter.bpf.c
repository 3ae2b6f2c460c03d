/* Iterators over numbers. SPDX-License-Identifier: Apache-2.0 OR MIT */
#include "objects.h"

OK(nested)
{
	int i, j, k, n = 0;

	bpf_for(i, 0, 7)
		bpf_for(j, i, 9)
			bpf_for(k, j, 11)
				n += k ^ i;
	return n;
}

OK(left_early)
{
	int i, j, n = 0;

	bpf_for(i, 0, 100) {
		if (i == 50)
			break;
		if (i % 3 == 0)
			continue;
		bpf_for(j, 0, 100) {
			if (j + i > 60)
				goto out;
			n += j;
		}
	}
out:
	return n;
}

OK(repeat)
{
	int n = 1;

	bpf_repeat(100) {
		n = n * 3 + 1;
		if (n > 1000000)
			return n;
	}
	return 0;
}

MORE(number_of_rounds_is_unknown)
{
	int i, n = 0, end = bpf_get_prandom_u32() & 7;

	bpf_for(i, 0, end + 1)
		n++;
	return n > 0 && n < 9;
}

OK(stack_array)
{
	int i, n = 0, a[16] = {};

	bpf_for(i, 0, 16)
		a[i] = i * i;
	bpf_for(i, 0, 16)
		n += a[i];
	return n;
}

OK(map_array)
{
	__u8 *v = lookup();
	int i, n = 0;

	if (!v)
		return 1;
	bpf_for(i, 0, 64)
		v[i] = i + 1;
	bpf_for(i, 8, 64)
		n += v[i] + v[i - 8];
	return n;
}

OK(packet)
{
	__u8 *data = (void *)(long)ctx->data, *end = (void *)(long)ctx->data_end;
	int i, n = 0;

	bpf_for(i, 0, 1500) {
		if (data + i + 1 > end)
			break;
		n += data[i];
	}
	return n;
}

OK(by_hand)
{
	num it;
	int *v, n = 0;

	bpf_iter_num_new(&it, 3, 9);
	while ((v = bpf_iter_num_next(&it)))
		n = n * 10 + *v;
	bpf_iter_num_destroy(&it);
	return n;
}

OK(two_at_once)
{
	num a, b;
	int *x, *y, n = 0;

	bpf_iter_num_new(&a, 0, 10);
	bpf_iter_num_new(&b, 100, 105);
	while ((x = bpf_iter_num_next(&a))) {
		y = bpf_iter_num_next(&b);
		n += *x;
		if (y)
			n += *y;
	}
	bpf_iter_num_destroy(&a);
	bpf_iter_num_destroy(&b);
	return n;
}

OK(first_only)
{
	num it;
	int *v, n = -1;

	bpf_iter_num_new(&it, 41, 50);
	v = bpf_iter_num_next(&it);
	if (v)
		n = *v;
	bpf_iter_num_destroy(&it);
	return n;
}

OK(none_asked)
{
	num it;

	bpf_iter_num_new(&it, 41, 50);
	bpf_iter_num_destroy(&it);
	return 7;
}

OK(after_the_last)
{
	num it;
	int *v, n = 0;

	bpf_iter_num_new(&it, 0, 4);
	while ((v = bpf_iter_num_next(&it)))
		n += *v;
	if (bpf_iter_num_next(&it))
		n += 1000;
	bpf_iter_num_destroy(&it);
	return n;
}

OK(used_again)
{
	num it;
	int *v, n = 0;

	bpf_iter_num_new(&it, 0, 4);
	while ((v = bpf_iter_num_next(&it)))
		n += *v;
	bpf_iter_num_destroy(&it);
	bpf_iter_num_new(&it, 10, 14);
	while ((v = bpf_iter_num_next(&it)))
		n += *v;
	bpf_iter_num_destroy(&it);
	return n;
}

OK(bounds_that_are_refused)
{
	num it;
	int r, s;

	r = bpf_iter_num_new(&it, 5, 4);
	if (bpf_iter_num_next(&it))
		r = 100;
	bpf_iter_num_destroy(&it);
	s = bpf_iter_num_new(&it, -2000000000, 2000000000);
	if (bpf_iter_num_next(&it))
		s = 100;
	bpf_iter_num_destroy(&it);
	return r * 100 + s;
}

OK(edges)
{
	int i, n = 0;

	bpf_for(i, -2147483647 - 1, -2147483647 + 2)
		n ^= i;
	bpf_for(i, 2147483644, 2147483647)
		n ^= i;
	return n;
}

OK(start_or_not)
{
	num it;
	int *v, n = 0;

	bpf_iter_num_new(&it, 0, 4);
	if (bpf_get_prandom_u32() & 1)
		bpf_iter_num_next(&it);
	bpf_iter_num_destroy(&it);
	return 3;
}

static __noinline int in_its_own_frame(int from, int to)
{
	int i, n = 0;

	bpf_for(i, from, to)
		n += i;
	return n;
}

OK(function)
{
	int i, n = 0;

	bpf_for(i, 0, 5)
		n += in_its_own_frame(i, 10);
	return n;
}

static __noinline int sum_of(num *it)
{
	int *v, n = 0;

	while ((v = bpf_iter_num_next(it)))
		n += *v;
	return n;
}

static __noinline void make(num *it, int from)
{
	bpf_iter_num_new(it, from, from + 6);
}

static __noinline void unmake(num *it)
{
	bpf_iter_num_destroy(it);
}

OK(callers_frame)
{
	num it;
	int n;

	make(&it, 3);
	n = sum_of(&it);
	unmake(&it);
	return n;
}

static long each(__u64 index, int *sum)
{
	int i;

	bpf_for(i, 0, (int)(index & 3) + 1)
		*sum += i;
	return 0;
}

OK(in_a_callback)
{
	int n = 0;

	bpf_loop(10, each, &n, 0);
	return n;
}

static long step(__u64 index, num *it)
{
	int *v = bpf_iter_num_next(it);

	return !v;
}

OK(stepped_by_a_callback)
{
	num it;
	int n;

	bpf_iter_num_new(&it, 0, 30);
	n = bpf_loop(100, step, &it, 0);
	bpf_iter_num_destroy(&it);
	return n;
}

OK(callback_in_a_loop)
{
	int i, n = 0;

	bpf_for(i, 0, 4)
		bpf_loop(i, each, &n, 0);
	return n;
}

__noinline int global_sum(int to)
{
	int i, n = 0;

	bpf_for(i, 0, to)
		n += i;
	return n;
}

OK(global_function)
{
	return global_sum(9);
}

/* A machine with states: what one round leaves the next one reads. */
OK(state_machine)
{
	__u8 *v = lookup();
	__u32 at = 0, n = 0;

	if (!v)
		return 1;
	bpf_repeat(200) {
		n += v[at & 63];
		at = (at * 5 + 3) & 63;
	}
	return n;
}

/* Values that the body needs as they are, in a loop that runs on and on. */
MORE(spilled)
{
	__u64 keep = 5;
	__u8 *v = lookup();
	int i, n = 0;

	if (!v)
		return 1;
	bpf_for(i, 0, 50) {
		hide(keep);
		n += v[keep & 7];
		fence();
		keep++;
	}
	return n;
}

OK(chosen_by_a_branch)
{
	num it;
	int *v, n = 0;

	if (ctx->ingress_ifindex > 100000)
		bpf_iter_num_new(&it, 0, 5);
	else
		bpf_iter_num_new(&it, 5, 9);
	while ((v = bpf_iter_num_next(&it)))
		n += *v;
	bpf_iter_num_destroy(&it);
	return n;
}

OK(bubble_sort)
{
	__u32 a[8] = { 5, 3, 9, 1, 7, 2, 8, 0 }, t;
	int i, j;

	bpf_for(i, 0, 8)
		bpf_for(j, 0, 7)
			if (a[j] > a[j + 1]) {
				t = a[j];
				a[j] = a[j + 1];
				a[j + 1] = t;
			}
	return a[0] * 1000 + a[3] * 100 + a[7];
}

/* ---- what must be refused ---- */

BAD(reference_leak, leak)
{
	num it;

	bpf_iter_num_new(&it, 0, 3);
	return bpf_iter_num_next(&it) != 0;
}

BAD(reference_leak, leak_on_one_path)
{
	num it;
	int *v, n = 0;

	bpf_iter_num_new(&it, 0, 3);
	while ((v = bpf_iter_num_next(&it))) {
		if (*v == 2)
			return n;
		n += *v;
	}
	bpf_iter_num_destroy(&it);
	return n;
}

static __noinline int leaks(int to)
{
	num it;
	int *v, n = 0;

	bpf_iter_num_new(&it, 0, to);
	while ((v = bpf_iter_num_next(&it)))
		n += *v;
	return n;
}

BAD(reference_leak, leak_in_a_function)
{
	return leaks(5);
}

BAD(iterator_state, made_twice)
{
	num it;

	bpf_iter_num_new(&it, 0, 3);
	bpf_iter_num_new(&it, 0, 3);
	bpf_iter_num_destroy(&it);
	return 0;
}

BAD(iterator_state, never_made)
{
	num it;
	int n;

	n = bpf_iter_num_next(&it) != 0;
	return n;
}

BAD(iterator_state, made_on_one_path)
{
	num it;
	int n = 0;

	if (bpf_get_prandom_u32() & 1)
		bpf_iter_num_new(&it, 0, 3);
	bpf_iter_num_destroy(&it);
	return n;
}

BAD(iterator_state, destroyed_twice)
{
	num it;

	bpf_iter_num_new(&it, 0, 3);
	bpf_iter_num_destroy(&it);
	bpf_iter_num_destroy(&it);
	return 0;
}

BAD(iterator_state, stepped_after_the_end)
{
	num it;
	int n;

	bpf_iter_num_new(&it, 0, 3);
	bpf_iter_num_destroy(&it);
	n = bpf_iter_num_next(&it) != 0;
	return n;
}

BAD(iterator_state, destroyed_in_the_loop)
{
	num it;
	int *v, n = 0;

	bpf_iter_num_new(&it, 0, 3);
	while ((v = bpf_iter_num_next(&it)))
		bpf_iter_num_destroy(&it);
	bpf_iter_num_destroy(&it);
	return n;
}

BAD(iterator_state, read)
{
	num it;
	int n;

	bpf_iter_num_new(&it, 0, 3);
	n = *(volatile int *)&it;
	bpf_iter_num_destroy(&it);
	return n;
}

BAD(iterator_state, read_one_byte)
{
	num it;
	int n;

	bpf_iter_num_new(&it, 0, 3);
	n = ((volatile char *)&it)[7];
	bpf_iter_num_destroy(&it);
	return n;
}

BAD(iterator_state, written)
{
	num it;

	bpf_iter_num_new(&it, 0, 3);
	*(volatile __u64 *)&it = 0;
	bpf_iter_num_destroy(&it);
	return 0;
}

BAD(iterator_state, written_in_part)
{
	num it;

	bpf_iter_num_new(&it, 0, 3);
	((volatile char *)&it)[3] = 1;
	bpf_iter_num_destroy(&it);
	return 0;
}

BAD(iterator_state, written_somewhere)
{
	struct {
		num it;
		__u64 other[3];
	} s;
	__u32 at = bpf_get_prandom_u32() & 3;

	bpf_iter_num_new(&s.it, 0, 3);
	hide(at);
	((volatile __u64 *)&s)[at & 3] = 1;
	bpf_iter_num_destroy(&s.it);
	return 0;
}

BAD(iterator_state, written_by_a_helper)
{
	num it;
	char text[4] = "12";

	bpf_iter_num_new(&it, 0, 3);
	bpf_strtol(text, sizeof(text), 0, (long *)&it);
	bpf_iter_num_destroy(&it);
	return 0;
}

BAD(iterator_state, read_by_a_helper)
{
	num it;

	bpf_iter_num_new(&it, 0, 3);
	bpf_map_lookup_elem(&bytes, &it);
	bpf_iter_num_destroy(&it);
	return 0;
}

BAD(misaligned, misaligned)
{
	char room[24];
	num *it = (void *)(room + 4);

	hide(it);
	bpf_iter_num_new(it, 0, 3);
	bpf_iter_num_destroy(it);
	return 0;
}

BAD(iterator_state, beside_it)
{
	num it[2];

	bpf_iter_num_new(&it[0], 0, 3);
	bpf_iter_num_destroy(&it[1]);
	return 0;
}

BAD(stack_variable, somewhere)
{
	num it[4];
	__u32 at = bpf_get_prandom_u32() & 3;

	bpf_iter_num_new(&it[at], 0, 3);
	bpf_iter_num_destroy(&it[at]);
	return 0;
}

BAD(helper_arg, in_a_map)
{
	num *it = (void *)lookup();

	if (!it)
		return 1;
	bpf_iter_num_new(it, 0, 3);
	bpf_iter_num_destroy(it);
	return 0;
}

BAD(helper_arg, no_pointer)
{
	num *it = (void *)(long)bpf_get_prandom_u32();

	bpf_iter_num_new(it, 0, 3);
	return 0;
}

BAD(null_deref, element_unchecked)
{
	num it;
	int n;

	bpf_iter_num_new(&it, 0, 3);
	n = *bpf_iter_num_next(&it);
	bpf_iter_num_destroy(&it);
	return n;
}

BAD(read_only, element_written)
{
	num it;
	int *v;

	bpf_iter_num_new(&it, 0, 3);
	v = bpf_iter_num_next(&it);
	if (v)
		*v = 100;
	bpf_iter_num_destroy(&it);
	return 0;
}

BAD(mem_bounds, behind_the_element)
{
	num it;
	int *v, n = 0;

	bpf_iter_num_new(&it, 0, 3);
	v = bpf_iter_num_next(&it);
	if (v)
		n = v[1];
	bpf_iter_num_destroy(&it);
	return n;
}

BAD(mem_bounds, element_read_too_wide)
{
	num it;
	int *v;
	__u64 n = 0;

	bpf_iter_num_new(&it, 0, 3);
	v = bpf_iter_num_next(&it);
	if (v)
		n = *(__u64 *)v;
	bpf_iter_num_destroy(&it);
	return n;
}

BAD(reference_released, element_after_the_end)
{
	num it;
	int *v, n = 0;

	bpf_iter_num_new(&it, 0, 3);
	v = bpf_iter_num_next(&it);
	bpf_iter_num_destroy(&it);
	if (v)
		n = *v;
	return n;
}

BAD(map_value_bounds, index_unchecked)
{
	__u8 *v = lookup();
	num it;
	int *i, n = 0;

	if (!v)
		return 1;
	bpf_iter_num_new(&it, 0, 3);
	while ((i = bpf_iter_num_next(&it)))
		n += v[*i & 127];
	bpf_iter_num_destroy(&it);
	return n;
}

/* What becomes wrong in one round shows in a later one. */
BAD(map_value_bounds, wrong_a_round_later)
{
	__u8 *v = lookup();
	__u64 at = 0;
	int i, n = 0;

	if (!v)
		return 1;
	bpf_for(i, 0, 100) {
		hide(at);
		if (bpf_get_prandom_u32() == 7) {
			at = 1000;
			hide(at);
		} else if (bpf_get_prandom_u32() == 8) {
			n += v[at];
		}
	}
	return n;
}

/* The same, passed on in three steps. */
BAD(unbounded_offset, wrong_three_rounds_later)
{
	__u8 *v = lookup();
	__u64 a = 0, b = 0, c = 0;
	int i, n = 0;

	if (!v)
		return 1;
	bpf_for(i, 0, 100) {
		hide(a);
		hide(b);
		hide(c);
		switch (bpf_get_prandom_u32() & 7) {
		case 1:
			n += v[c];
			break;
		case 2:
			c = b;
			break;
		case 3:
			b = a;
			break;
		case 4:
			a = 64;
			break;
		}
	}
	return n;
}

BAD(uninit_stack, unset_a_round_later)
{
	__u64 room[4];
	int i, n = 0, state = 0;

	room[0] = 1;
	bpf_for(i, 0, 100) {
		hide(state);
		if (bpf_get_prandom_u32() == 7)
			state = 1;
		else if (state == 1)
			n += ((volatile __u64 *)room)[2];
	}
	return n;
}

/* Linux takes the iterator of the next round for the one of this. */
STRICT(infinite_loop, loop_around_an_iterator)
{
	int i, n = 0;

	for (;;) {
		bpf_for(i, 0, 3)
			fence();
		if (ctx->ingress_ifindex == 0xffffffff)
			break;
	}
	return n;
}

BAD(reference_leak, record_held_in_the_loop)
{
	int i, n = 0;
	num it, *p = &it;

	bpf_for(i, 0, 3)
		bpf_iter_num_new(p, 0, 3);
	return n;
}
