/* Dynptrs that somebody else made: lent to a callback, or a function's argument. SPDX-License-Identifier: Apache-2.0 OR MIT */
#include "objects.h"

typedef struct bpf_dynptr dyn;

struct {
	__uint(type, BPF_MAP_TYPE_USER_RINGBUF);
	__uint(max_entries, 4096);
} requests SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, 4096);
} ring SEC(".maps");

/* What a callback is given to work with. */
struct work {
	long sum;
	void *kept;
	dyn copy;
};

static long count(const dyn *p, struct work *w)
{
	w->sum += bpf_dynptr_size(p);
	return 0;
}

static long one(const dyn *p, struct work *w)
{
	w->sum += 100;
	return 1;
}

static __noinline long drain(void *callback, long flags)
{
	struct work w = {};
	long n = bpf_user_ringbuf_drain(&requests, callback, &w, flags);

	return n * 1000 + w.sum;
}

OK(samples)
{
	struct work w = {};
	long n = bpf_user_ringbuf_drain(&requests, count, &w, 0);

	return n * 1000 + w.sum;
}

OK(samples_one_by_one)
{
	struct work w = {};
	long n = 0;

	for (int i = 0; i < 8; i++)
		n = n * 4 + bpf_user_ringbuf_drain(&requests, one, &w, i & 3);
	return n * 1000 + w.sum;
}

static long without_context(const dyn *p, void *none)
{
	return none != 0;
}

OK(samples_without_a_context)
{
	long n = bpf_user_ringbuf_drain(&requests, without_context, 0, 8);

	return n * 40 + bpf_user_ringbuf_drain(&requests, without_context, 0, 0);
}

static long every_way(const dyn *p, struct work *w)
{
	__u8 out[4] = {}, *d = bpf_dynptr_data(p, 3, 4), *s, buffer[8] = {};

	if (d) {
		d[1] += d[0];
		w->sum += d[1];
	}
	w->sum = w->sum * 3 - bpf_dynptr_write(p, 5, out, 2, 0);
	w->sum = w->sum * 3 - bpf_dynptr_read(out, sizeof(out), p, 2, 0) + out[2];
	s = bpf_dynptr_slice(p, 0, buffer, sizeof(buffer));
	if (s)
		w->sum += s[7] + s[5];
	s = bpf_dynptr_slice_rdwr(p, 0, buffer, sizeof(buffer));
	if (s)
		s[0] = 1;
	w->sum += bpf_dynptr_is_null(p) << 4 | bpf_dynptr_is_rdonly(p) << 3;
	w->sum -= bpf_dynptr_memset(p, 0, 1, 7);
	return 0;
}

OK(samples_in_every_way)
{
	struct work w = {};
	long n = bpf_user_ringbuf_drain(&requests, every_way, &w, 0);

	return n * 1000 + w.sum;
}

static long adjusts(const dyn *p, struct work *w)
{
	w->sum = w->sum * 3 + bpf_dynptr_adjust(p, 1, 6) + bpf_dynptr_size(p);
	return 0;
}

OK(samples_adjusted)
{
	struct work w = {};
	long n = bpf_user_ringbuf_drain(&requests, adjusts, &w, 0);

	return n * 1000 + w.sum;
}

static long copies(const dyn *p, struct work *w)
{
	__u8 *v = lookup();
	dyn q, r;

	if (!v)
		return 1;
	w->sum += bpf_dynptr_clone(p, &q) + bpf_dynptr_size(&q);
	bpf_dynptr_from_mem(v, 64, 0, &r);
	w->sum += bpf_dynptr_copy(&r, 0, &q, 0, 8) + bpf_dynptr_copy(p, 0, &r, 1, 2) + v[0] * 3;
	return 0;
}

/* Linux forgets what such a pointer is once it was on the stack. */
MORE(samples_copied)
{
	struct work w = {};
	long n = bpf_user_ringbuf_drain(&requests, copies, &w, 0);

	return n * 1000 + w.sum;
}

static __noinline long first_byte(const dyn *p)
{
	__u8 x = 0;

	bpf_dynptr_read(&x, 1, p, 0, 0);
	return x;
}

static long asks_a_function(const dyn *p, struct work *w)
{
	w->sum = w->sum * 3 + first_byte(p);
	return 0;
}

OK(samples_of_a_function)
{
	struct work w = {};
	long n = bpf_user_ringbuf_drain(&requests, asks_a_function, &w, 0);

	return n * 1000 + w.sum;
}

static long counts_samples(const dyn *p, struct work *w)
{
	w->sum += 1;
	return 0;
}

static long drains(__u32 i, struct work *w)
{
	w->sum += bpf_user_ringbuf_drain(&requests, counts_samples, w, 0) * 100;
	return 0;
}

OK(drained_in_a_loop)
{
	struct work w = {};

	bpf_loop(3, drains, &w, 0);
	return w.sum;
}

static long busy(const dyn *p, struct work *w)
{
	w->sum -= bpf_user_ringbuf_drain(&requests, counts_samples, w, 0);
	return 0;
}

OK(drained_while_it_is_drained)
{
	struct work w = {};
	long n = bpf_user_ringbuf_drain(&requests, busy, &w, 0);

	return n * 1000 + w.sum;
}

/* Global functions. */
__noinline int size_of(const dyn *p)
{
	return bpf_dynptr_size(p);
}

__noinline int byte_of(dyn *p, __u32 at)
{
	__u8 x = 0, *d = bpf_dynptr_data(p, 1, 2);

	if (bpf_dynptr_read(&x, 1, p, at, 0))
		return -1;
	return d ? x * 100 + d[1] : x;
}

__noinline int fill(dyn *p, int value)
{
	__u8 x = value;

	return bpf_dynptr_write(p, 2, &x, 1, 0);
}

__noinline int twice(dyn *p, dyn *q)
{
	return size_of(p) * 100 + size_of(q);
}

OK(function_of_a_local_one)
{
	__u8 *v = lookup();
	dyn p;

	if (!v)
		return 1;
	bpf_dynptr_from_mem(v, 64, 0, &p);
	return fill(&p, 5) * 10000 + byte_of(&p, 2) * 100 + size_of(&p);
}

OK(function_of_a_record)
{
	dyn p;
	int n;

	bpf_ringbuf_reserve_dynptr(&ring, 16, 0, &p);
	n = fill(&p, 7) * 1000 + size_of(&p);
	bpf_ringbuf_submit_dynptr(&p, 0);
	return n;
}

OK(function_of_a_frame)
{
	__u8 *v = lookup();
	dyn p, q;

	if (!v || bpf_dynptr_from_xdp(ctx, 0, &p))
		return 1;
	bpf_dynptr_from_mem(v, 64, 1, &q);
	return fill(&p, 9) + byte_of(&p, 2) * 1000 + twice(&p, &q);
}

static long asks_a_global_function(const dyn *p, struct work *w)
{
	w->sum = w->sum * 3 + size_of(p);
	return 0;
}

OK(function_of_a_sample)
{
	struct work w = {};
	long n = bpf_user_ringbuf_drain(&requests, asks_a_global_function, &w, 0);

	return n * 1000 + w.sum;
}

__noinline int cloning(dyn *p)
{
	dyn q;
	int n;

	bpf_dynptr_clone(p, &q);
	n = bpf_dynptr_adjust(&q, 1, 3);
	return n * 100 + bpf_dynptr_size(p) * 10 + bpf_dynptr_size(&q);
}

OK(function_that_clones)
{
	dyn p;
	int n;

	bpf_ringbuf_reserve_dynptr(&ring, 16, 0, &p);
	n = cloning(&p);
	bpf_ringbuf_discard_dynptr(&p, 0);
	return n;
}

__noinline int cloning_twice(dyn *p)
{
	__u64 x = 0;
	dyn q;

	bpf_dynptr_clone(p, &q);
	bpf_dynptr_clone(p, &q);
	bpf_dynptr_write(&q, 0, &x, sizeof(x), 0);
	*(volatile __u64 *)&q = 1;
	return 3;
}

OK(function_that_clones_twice)
{
	dyn p;
	int n;

	bpf_ringbuf_reserve_dynptr(&ring, 16, 0, &p);
	n = cloning_twice(&p);
	bpf_ringbuf_submit_dynptr(&p, 0);
	return n;
}

/* What a callback must not do with what it was lent. */
static long returns_two(const dyn *p, void *w)
{
	return 2;
}

BAD(callback_return, returns_two)
{
	return bpf_user_ringbuf_drain(&requests, returns_two, 0, 0) > 0;
}

static long reads_it(const dyn *p, struct work *w)
{
	w->sum = *(volatile __u64 *)p;
	return 0;
}

BAD(wrong_pointer, sample_read_directly)
{
	struct work w = {};

	bpf_user_ringbuf_drain(&requests, reads_it, &w, 0);
	return w.sum > 0;
}

static long writes_it(const dyn *p, struct work *w)
{
	*(volatile __u64 *)p = 0;
	return 0;
}

BAD(wrong_pointer, sample_written_directly)
{
	return bpf_user_ringbuf_drain(&requests, writes_it, 0, 0) > 0;
}

static long beside_it(const dyn *p, struct work *w)
{
	const dyn *q = p;

	hide(q);
	return bpf_dynptr_size((const dyn *)((long)q + 8)) & 1;
}

BAD(pointer_arithmetic, beside_the_sample)
{
	return bpf_user_ringbuf_drain(&requests, beside_it, 0, 0) > 0;
}

static long submits(const dyn *p, struct work *w)
{
	bpf_ringbuf_submit_dynptr((dyn *)p, 0);
	return 0;
}

BAD(helper_arg, sample_submitted)
{
	return bpf_user_ringbuf_drain(&requests, submits, 0, 0) > 0;
}

static long discards(const dyn *p, struct work *w)
{
	bpf_ringbuf_discard_dynptr((dyn *)p, 0);
	return 0;
}

BAD(helper_arg, sample_discarded)
{
	return bpf_user_ringbuf_drain(&requests, discards, 0, 0) > 0;
}

static long makes_it_again(const dyn *p, struct work *w)
{
	__u8 *v = lookup();

	if (v)
		bpf_dynptr_from_mem(v, 8, 0, (dyn *)p);
	return 0;
}

BAD(helper_arg, sample_made_again)
{
	return bpf_user_ringbuf_drain(&requests, makes_it_again, 0, 0) > 0;
}

static long too_far(const dyn *p, struct work *w)
{
	__u8 *d = bpf_dynptr_data(p, 0, 4);

	if (d)
		d[4] = 1;
	return 0;
}

BAD(mem_bounds, sample_too_short)
{
	return bpf_user_ringbuf_drain(&requests, too_far, 0, 0) > 0;
}

static long unchecked(const dyn *p, struct work *w)
{
	return *(__u8 *)bpf_dynptr_data(p, 0, 4) & 1;
}

BAD(null_deref, sample_unchecked)
{
	return bpf_user_ringbuf_drain(&requests, unchecked, 0, 0) > 0;
}

static long writes_through_null(const dyn *p, long *at)
{
	*at = 1;
	return 0;
}

BAD(null_deref, context_is_null)
{
	return bpf_user_ringbuf_drain(&requests, writes_through_null, 0, 0) > 0;
}

static long keeps_it(const dyn *p, struct work *w)
{
	w->kept = (void *)p;
	return 0;
}

BAD(uninit_register, sample_kept)
{
	struct work w = {};

	bpf_user_ringbuf_drain(&requests, keeps_it, &w, 0);
	fence();
	return w.kept ? bpf_dynptr_size(w.kept) : 0;
}

static long keeps_a_copy(const dyn *p, struct work *w)
{
	bpf_dynptr_clone(p, &w->copy);
	return 0;
}

STRICT(dynptr_state, copy_of_a_sample_kept)
{
	__u8 *v = lookup();
	struct work w;

	if (!v)
		return 1;
	w.sum = 0;
	bpf_dynptr_from_mem(v, 8, 0, &w.copy);
	bpf_user_ringbuf_drain(&requests, keeps_a_copy, &w, 0);
	return bpf_dynptr_size(&w.copy);
}

BAD(map_kind, drained_as_a_ring)
{
	return bpf_user_ringbuf_drain(&ring, count, 0, 0) > 0;
}

BAD(map_kind, output_to_a_user_ring)
{
	long x = 0;

	return bpf_ringbuf_output(&requests, &x, sizeof(x), 0) > 0;
}

BAD(map_kind, user_ring_asked)
{
	return bpf_ringbuf_query(&requests, 0) > 0;
}

static long leaks(const dyn *p, struct work *w)
{
	void *record = bpf_ringbuf_reserve(&ring, 8, 0);

	return record != 0;
}

BAD(reference_leak, record_kept_by_a_callback)
{
	return bpf_user_ringbuf_drain(&requests, leaks, 0, 0) > 0;
}

BAD(dynptr_state, function_of_none)
{
	dyn p;

	return size_of(&p);
}

BAD(function_arg, function_of_null)
{
	dyn *p = 0;

	hide(p);
	return size_of(p);
}

BAD(function_arg, function_of_a_map_value)
{
	__u8 *v = lookup();

	return v ? size_of((dyn *)v) : 0;
}

BAD(function_arg, function_of_a_number)
{
	long n = 8;

	hide(n);
	return size_of((dyn *)n);
}

__noinline int submitting(dyn *p)
{
	bpf_ringbuf_submit_dynptr(p, 0);
	return 0;
}

BAD(helper_arg, function_that_submits)
{
	dyn p;

	bpf_ringbuf_reserve_dynptr(&ring, 16, 0, &p);
	submitting(&p);
	return 0;
}

__noinline int overwriting(dyn *p)
{
	*(volatile __u64 *)p = 1;
	return 0;
}

BAD(wrong_pointer, function_that_overwrites)
{
	__u8 *v = lookup();
	dyn p;

	if (!v)
		return 1;
	bpf_dynptr_from_mem(v, 8, 0, &p);
	return overwriting(&p);
}

BAD(dynptr_state, function_after_the_record)
{
	dyn p;

	bpf_ringbuf_reserve_dynptr(&ring, 16, 0, &p);
	bpf_ringbuf_submit_dynptr(&p, 0);
	return size_of(&p);
}

BAD(dynptr_state, function_of_an_iterator)
{
	union {
		num it;
		dyn p;
	} u;
	int n;

	bpf_iter_num_new(&u.it, 0, 3);
	n = size_of(&u.p);
	bpf_iter_num_destroy(&u.it);
	return n;
}
