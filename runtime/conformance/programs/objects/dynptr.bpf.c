/* Dynptrs. SPDX-License-Identifier: Apache-2.0 OR MIT */
#include "objects.h"

typedef struct bpf_dynptr dyn;

struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, 4096);
} ring SEC(".maps");

OK(local)
{
	__u8 *v = lookup(), out[4];
	dyn p;

	if (!v)
		return 1;
	for (int i = 0; i < 64; i++)
		v[i] = i;
	if (bpf_dynptr_from_mem(v, 64, 0, &p))
		return 2;
	if (bpf_dynptr_read(out, 4, &p, 10, 0))
		return 3;
	return out[0] + out[3] * 100;
}

OK(local_errors)
{
	__u8 *v = lookup(), out[4];
	dyn p;
	int n = 0;

	if (!v)
		return 1;
	n += bpf_dynptr_from_mem(v, 64, 1, &p);
	n = n * 40 + bpf_dynptr_read(out, 4, &p, 10, 0);
	n = n * 40 + bpf_dynptr_from_mem(v + 8, 32, 0, &p);
	n = n * 40 + bpf_dynptr_read(out, 4, &p, 29, 0);
	n = n * 40 + bpf_dynptr_read(out, 4, &p, 28, 0);
	n = n * 40 + bpf_dynptr_read(out, 4, &p, 0, 1);
	n = n * 40 + bpf_dynptr_write(&p, 33, out, 0, 0);
	n = n * 40 + bpf_dynptr_write(&p, 32, out, 0, 0);
	return n;
}

OK(local_data)
{
	__u8 *v = lookup(), *d;
	dyn p;

	if (!v)
		return 1;
	bpf_dynptr_from_mem(v, 64, 0, &p);
	d = bpf_dynptr_data(&p, 60, 4);
	if (!d)
		return 2;
	d[3] = 7;
	if (bpf_dynptr_data(&p, 61, 4))
		return 3;
	return v[63] + 10;
}

OK(bounds_at_run_time)
{
	__u8 *v = lookup(), *d;
	__u32 len = (bpf_get_prandom_u32() & 15) + 1;
	dyn p;

	if (!v)
		return 1;
	bpf_dynptr_from_mem(v, len, 0, &p);
	d = bpf_dynptr_data(&p, len - 1, 1);
	if (!d)
		return 2;
	d[0] = 3;
	return bpf_dynptr_size(&p) == len;
}

OK(record)
{
	__u64 x = 0x1122334455667788;
	dyn p;
	long err = bpf_ringbuf_reserve_dynptr(&ring, 16, 0, &p);

	if (!err) {
		bpf_dynptr_write(&p, 8, &x, 8, 0);
		__u32 *d = bpf_dynptr_data(&p, 8, 4);
		if (d)
			x = *d;
	}
	bpf_ringbuf_submit_dynptr(&p, 0);
	return x;
}

OK(record_too_large)
{
	dyn p;
	long a = bpf_ringbuf_reserve_dynptr(&ring, 1 << 20, 0, &p), b, c;

	bpf_ringbuf_discard_dynptr(&p, 0);
	b = bpf_ringbuf_reserve_dynptr(&ring, 8, 1, &p);
	bpf_ringbuf_submit_dynptr(&p, 0);
	c = bpf_ringbuf_reserve_dynptr(&ring, 1 << 25, 0, &p);
	bpf_ringbuf_submit_dynptr(&p, 0);
	return a * 10000 + b * 100 + c;
}

OK(record_of_any_size)
{
	__u32 size = (bpf_get_prandom_u32() & 63) + 1;
	dyn p;
	int n = 0;

	if (bpf_ringbuf_reserve_dynptr(&ring, size, 0, &p) == 0)
		n = bpf_dynptr_size(&p) == size;
	bpf_ringbuf_discard_dynptr(&p, 0);
	return n;
}

static __noinline long fill(dyn *p)
{
	__u32 x = 0x01020304;

	return bpf_dynptr_write(p, 0, &x, sizeof(x), 0);
}

static __noinline void finish(dyn *p)
{
	bpf_ringbuf_discard_dynptr(p, 0);
}

OK(callers_frame)
{
	dyn p;
	long n;

	bpf_ringbuf_reserve_dynptr(&ring, 8, 0, &p);
	n = fill(&p) + 5;
	finish(&p);
	return n;
}

OK(frame_slice)
{
	__u8 buffer[14] = {}, *eth;
	dyn p;

	if (bpf_dynptr_from_xdp(ctx, 0, &p))
		return 1;
	eth = bpf_dynptr_slice(&p, 0, buffer, sizeof(buffer));
	if (!eth)
		return 2;
	return eth[12] << 8 | eth[13];
}

OK(frame_written)
{
	__u8 buffer[4] = {}, *b;
	dyn p;

	bpf_dynptr_from_xdp(ctx, 0, &p);
	b = bpf_dynptr_slice_rdwr(&p, 20, buffer, sizeof(buffer));
	if (!b)
		return 2;
	b[0] = 0xaa;
	b[3] = 0xbb;
	if (b == buffer)
		bpf_dynptr_write(&p, 20, buffer, sizeof(buffer), 0);
	__u16 x = 0x1234;
	return bpf_dynptr_write(&p, 30, &x, 2, 0) + 3;
}

OK(frame_without_a_buffer)
{
	__u8 *b;
	dyn p;

	bpf_dynptr_from_xdp(ctx, 0, &p);
	b = bpf_dynptr_slice(&p, 60, 0, 4);
	return b ? b[3] : 77;
}

OK(frame_too_short)
{
	__u8 out[8];
	dyn p;
	int n;

	n = bpf_dynptr_from_xdp(ctx, 1, &p);
	n = n * 40 + bpf_dynptr_from_xdp(ctx, 0, &p);
	n = n * 40 + bpf_dynptr_read(out, 8, &p, 4000, 0);
	n = n * 40 + (bpf_dynptr_data(&p, 0, 4) != 0);
	n = n * 40 + bpf_dynptr_write(&p, 0, out, 8, 1);
	return n;
}

OK(frame_walked)
{
	__u8 *b, buffer[1] = {};
	int i, n = 0;
	dyn p;

	bpf_dynptr_from_xdp(ctx, 0, &p);
	bpf_for(i, 0, 64) {
		b = bpf_dynptr_slice(&p, i, buffer, 1);
		if (!b)
			break;
		n += *b;
	}
	return n;
}

OK(adjusted)
{
	__u8 *v = lookup(), out = 0;
	dyn p;
	int n;

	if (!v)
		return 1;
	v[20] = 9;
	bpf_dynptr_from_mem(v, 64, 0, &p);
	n = bpf_dynptr_adjust(&p, 16, 32);
	n = n * 40 + bpf_dynptr_adjust(&p, 4, 17);
	n = n * 40 + bpf_dynptr_adjust(&p, 5, 4);
	n = n * 40 + bpf_dynptr_adjust(&p, 4, 8);
	bpf_dynptr_read(&out, 1, &p, 0, 0);
	return n * 1000 + out * 10 + bpf_dynptr_size(&p);
}

OK(cloned)
{
	__u8 *v = lookup(), out = 0;
	dyn p, q;
	int n;

	if (!v)
		return 1;
	v[30] = 8;
	bpf_dynptr_from_mem(v, 64, 0, &p);
	bpf_dynptr_adjust(&p, 10, 40);
	n = bpf_dynptr_clone(&p, &q);
	bpf_dynptr_adjust(&p, 10, 20);
	bpf_dynptr_read(&out, 1, &q, 20, 0);
	return n + out * 1000 + bpf_dynptr_size(&p) * 100 + bpf_dynptr_size(&q);
}

OK(clone_of_a_record)
{
	dyn p, q;
	int n = 0;

	bpf_ringbuf_reserve_dynptr(&ring, 8, 0, &p);
	n = bpf_dynptr_clone(&p, &q);
	bpf_ringbuf_discard_dynptr(&q, 0);
	return n;
}

OK(asked)
{
	__u8 *v = lookup();
	dyn p, q;
	int n = 0;

	if (!v)
		return 1;
	bpf_dynptr_from_mem(v, 64, 1, &p);
	bpf_dynptr_from_mem(v, 5, 0, &q);
	n = bpf_dynptr_is_null(&p) << 3 | bpf_dynptr_is_null(&q) << 2 | bpf_dynptr_is_rdonly(&p) << 1 |
	    bpf_dynptr_is_rdonly(&q);
	return n * 1000 + bpf_dynptr_size(&q) + (bpf_dynptr_size(&p) == (__u32)-22) * 100;
}

OK(copied)
{
	__u8 *v = lookup();
	dyn p, q;
	int n;

	if (!v)
		return 1;
	for (int i = 0; i < 64; i++)
		v[i] = i;
	bpf_dynptr_from_mem(v, 32, 0, &p);
	bpf_dynptr_from_mem(v + 16, 48, 0, &q);
	n = bpf_dynptr_copy(&q, 0, &p, 8, 24);
	n = n * 40 + bpf_dynptr_copy(&q, 40, &p, 8, 24);
	n = n * 40 + bpf_dynptr_copy(&q, 0, &p, 30, 24);
	n = n * 40 + bpf_dynptr_memset(&p, 4, 4, 0x55);
	n = n * 40 + bpf_dynptr_memset(&p, 4, 400, 0x55);
	return n * 100 + v[16] + v[39] + v[5];
}

OK(made_again)
{
	__u8 *v = lookup(), out = 0;
	dyn p;

	if (!v)
		return 1;
	v[8] = 6;
	bpf_dynptr_from_mem(v, 8, 0, &p);
	bpf_dynptr_from_mem(v + 8, 8, 0, &p);
	bpf_dynptr_read(&out, 1, &p, 0, 0);
	return out;
}

OK(overwritten_and_forgotten)
{
	__u8 *v = lookup();
	dyn p;

	if (!v)
		return 1;
	bpf_dynptr_from_mem(v, 8, 0, &p);
	*(volatile __u64 *)&p = 5;
	return 4;
}

OK(slice_after_adjust)
{
	__u8 *v = lookup(), *d;
	dyn p;

	if (!v)
		return 1;
	v[3] = 33;
	bpf_dynptr_from_mem(v, 8, 0, &p);
	d = bpf_dynptr_data(&p, 0, 4);
	bpf_dynptr_adjust(&p, 1, 2);
	return d ? d[3] : 0;
}

OK(one_or_the_other)
{
	__u8 *v = lookup(), x = 1;
	dyn p;

	if (!v)
		return 1;
	if (ctx->ingress_ifindex > 100000)
		bpf_dynptr_from_mem(v, 8, 0, &p);
	else
		bpf_dynptr_from_xdp(ctx, 0, &p);
	bpf_dynptr_write(&p, 0, &x, 1, 0);
	return bpf_dynptr_size(&p) > 8;
}

static long note(__u64 i, dyn *p)
{
	__u8 x = i;

	return bpf_dynptr_write(p, i, &x, 1, 0) != 0;
}

OK(in_a_callback)
{
	__u8 *v = lookup();
	dyn p;

	if (!v)
		return 1;
	bpf_dynptr_from_mem(v, 20, 0, &p);
	return bpf_loop(100, note, &p, 0) + v[19];
}

OK(a_record_a_round)
{
	int i, n = 0;

	bpf_for(i, 0, 5) {
		dyn p;

		bpf_ringbuf_reserve_dynptr(&ring, 8, 0, &p);
		n += bpf_dynptr_write(&p, 0, &i, 4, 0) == 0;
		bpf_ringbuf_discard_dynptr(&p, 0);
	}
	return n;
}

/* ---- what must be refused ---- */

BAD(reference_leak, record_leaks)
{
	dyn p;

	bpf_ringbuf_reserve_dynptr(&ring, 8, 0, &p);
	return 0;
}

BAD(reference_leak, record_leaks_on_failure)
{
	dyn p;

	if (bpf_ringbuf_reserve_dynptr(&ring, 8, 0, &p))
		return 1;
	bpf_ringbuf_submit_dynptr(&p, 0);
	return 0;
}

BAD(dynptr_state, never_made)
{
	__u32 x;
	dyn p;

	return bpf_dynptr_read(&x, 4, &p, 0, 0);
}

BAD(dynptr_state, submitted_twice)
{
	dyn p;

	bpf_ringbuf_reserve_dynptr(&ring, 8, 0, &p);
	bpf_ringbuf_submit_dynptr(&p, 0);
	bpf_ringbuf_submit_dynptr(&p, 0);
	return 0;
}

BAD(dynptr_state, read_after_submit)
{
	__u32 x;
	dyn p;

	bpf_ringbuf_reserve_dynptr(&ring, 8, 0, &p);
	bpf_ringbuf_submit_dynptr(&p, 0);
	return bpf_dynptr_read(&x, 4, &p, 0, 0);
}

BAD(dynptr_state, clone_after_submit)
{
	__u32 x;
	dyn p, q;

	bpf_ringbuf_reserve_dynptr(&ring, 8, 0, &p);
	bpf_dynptr_clone(&p, &q);
	bpf_ringbuf_submit_dynptr(&p, 0);
	return bpf_dynptr_read(&x, 4, &q, 0, 0);
}

BAD(dynptr_state, original_after_clone_is_submitted)
{
	dyn p, q;

	bpf_ringbuf_reserve_dynptr(&ring, 8, 0, &p);
	bpf_dynptr_clone(&p, &q);
	bpf_ringbuf_submit_dynptr(&q, 0);
	bpf_ringbuf_submit_dynptr(&p, 0);
	return 0;
}

BAD(dynptr_state, local_is_submitted)
{
	__u8 *v = lookup();
	dyn p;

	if (!v)
		return 1;
	bpf_dynptr_from_mem(v, 8, 0, &p);
	bpf_ringbuf_submit_dynptr(&p, 0);
	return 0;
}

BAD(reference_released, data_after_submit)
{
	__u32 *d;
	dyn p;

	bpf_ringbuf_reserve_dynptr(&ring, 8, 0, &p);
	d = bpf_dynptr_data(&p, 0, 8);
	if (!d) {
		bpf_ringbuf_discard_dynptr(&p, 0);
		return 1;
	}
	bpf_ringbuf_submit_dynptr(&p, 0);
	return *d;
}

BAD(reference_released, data_of_a_clone_after_submit)
{
	__u32 *d;
	dyn p, q;

	bpf_ringbuf_reserve_dynptr(&ring, 8, 0, &p);
	bpf_dynptr_clone(&p, &q);
	d = bpf_dynptr_data(&q, 0, 8);
	if (!d) {
		bpf_ringbuf_discard_dynptr(&p, 0);
		return 1;
	}
	bpf_ringbuf_submit_dynptr(&p, 0);
	return *d;
}

BAD(reference_released, data_after_it_is_made_again)
{
	__u8 *v = lookup(), *d;
	dyn p;

	if (!v)
		return 1;
	bpf_dynptr_from_mem(v, 8, 0, &p);
	d = bpf_dynptr_data(&p, 0, 8);
	if (!d)
		return 2;
	bpf_dynptr_from_mem(v + 8, 8, 0, &p);
	return *d;
}

BAD(reference_released, data_after_it_is_overwritten)
{
	__u8 *v = lookup(), *d;
	dyn p;

	if (!v)
		return 1;
	bpf_dynptr_from_mem(v, 8, 0, &p);
	d = bpf_dynptr_data(&p, 0, 8);
	if (!d)
		return 2;
	*(volatile __u64 *)&p = 5;
	return *d;
}

BAD(dynptr_state, used_after_it_is_overwritten)
{
	__u8 *v = lookup();
	dyn p;

	if (!v)
		return 1;
	bpf_dynptr_from_mem(v, 8, 0, &p);
	*((volatile __u64 *)&p + 1) = 5;
	return bpf_dynptr_size(&p);
}

BAD(dynptr_state, record_overwritten)
{
	dyn p;

	bpf_ringbuf_reserve_dynptr(&ring, 8, 0, &p);
	*(volatile __u64 *)&p = 5;
	bpf_ringbuf_submit_dynptr(&p, 0);
	return 0;
}

BAD(dynptr_state, record_made_again)
{
	dyn p;

	bpf_ringbuf_reserve_dynptr(&ring, 8, 0, &p);
	bpf_ringbuf_reserve_dynptr(&ring, 8, 0, &p);
	bpf_ringbuf_submit_dynptr(&p, 0);
	return 0;
}

BAD(dynptr_state, record_cloned_over)
{
	__u8 *v = lookup();
	dyn p, q;

	if (!v)
		return 1;
	bpf_dynptr_from_mem(v, 8, 0, &q);
	bpf_ringbuf_reserve_dynptr(&ring, 8, 0, &p);
	bpf_dynptr_clone(&q, &p);
	bpf_ringbuf_submit_dynptr(&p, 0);
	return 0;
}

BAD(dynptr_state, read_directly)
{
	dyn p;
	int n;

	bpf_dynptr_from_xdp(ctx, 0, &p);
	n = *(volatile int *)&p;
	return n;
}

BAD(dynptr_state, read_by_a_helper)
{
	dyn p;

	bpf_dynptr_from_xdp(ctx, 0, &p);
	return bpf_map_lookup_elem(&bytes, &p) != 0;
}

BAD(dynptr_state, written_by_a_helper)
{
	char text[4] = "12";
	dyn p;

	bpf_dynptr_from_xdp(ctx, 0, &p);
	return bpf_strtol(text, sizeof(text), 0, (long *)&p);
}

BAD(dynptr_state, half_of_it)
{
	struct {
		dyn p;
		__u64 more;
	} s;
	__u32 x;

	bpf_dynptr_from_xdp(ctx, 0, &s.p);
	return bpf_dynptr_read(&x, 4, (void *)&s.p + 8, 0, 0);
}

BAD(null_deref, data_unchecked)
{
	__u8 *v = lookup(), *d;
	dyn p;

	if (!v)
		return 1;
	bpf_dynptr_from_mem(v, 8, 0, &p);
	d = bpf_dynptr_data(&p, 0, 8);
	return *d;
}

BAD(mem_bounds, data_too_far)
{
	__u8 *v = lookup(), *d;
	dyn p;

	if (!v)
		return 1;
	bpf_dynptr_from_mem(v, 8, 0, &p);
	d = bpf_dynptr_data(&p, 0, 8);
	return d ? d[8] : 0;
}

BAD(read_only, slice_written)
{
	__u8 buffer[4] = {}, *b;
	dyn p;

	bpf_dynptr_from_xdp(ctx, 0, &p);
	b = bpf_dynptr_slice(&p, 0, buffer, sizeof(buffer));
	if (!b)
		return 1;
	b[0] = 1;
	return 0;
}

BAD(stack_bounds, buffer_too_small)
{
	__u8 buffer[8] = {}, *b;
	dyn p;

	bpf_dynptr_from_xdp(ctx, 0, &p);
	b = bpf_dynptr_slice(&p, 0, buffer, 520);
	return b ? b[0] : 0;
}

BAD(helper_const, slice_of_any_size)
{
	__u8 buffer[8] = {}, *b;
	__u32 size = bpf_get_prandom_u32() & 7;
	dyn p;

	bpf_dynptr_from_xdp(ctx, 0, &p);
	b = bpf_dynptr_slice(&p, 0, buffer, size);
	return b ? 1 : 0;
}

BAD(packet_stale, slice_after_the_packet_moved)
{
	__u8 buffer[4] = {}, *b;
	dyn p;

	bpf_dynptr_from_xdp(ctx, 0, &p);
	b = bpf_dynptr_slice(&p, 0, buffer, sizeof(buffer));
	if (!b)
		return 1;
	bpf_xdp_adjust_head(ctx, 4);
	return b[0];
}

/* Adding the pointer to a number is adding the number to the pointer. */
BAD(packet_stale, slice_added_to_a_number)
{
	__u8 buffer[8] = {}, *b;
	__u64 n = bpf_get_prandom_u32() & 3;
	dyn p;

	bpf_dynptr_from_xdp(ctx, 0, &p);
	b = bpf_dynptr_slice(&p, 0, buffer, sizeof(buffer));
	if (!b)
		return 1;
	asm volatile("%0 += %1" : "+r"(n) : "r"(b));
	bpf_xdp_adjust_head(ctx, 4);
	return *(__u8 *)n;
}

/* Linux forgets here what the pointer depends on. */
STRICT(reference_released, data_added_to_a_number)
{
	__u64 n = bpf_get_prandom_u32() & 3;
	__u8 *d;
	dyn p;

	bpf_ringbuf_reserve_dynptr(&ring, 8, 0, &p);
	d = bpf_dynptr_data(&p, 0, 8);
	if (!d) {
		bpf_ringbuf_discard_dynptr(&p, 0);
		return 1;
	}
	asm volatile("%0 += %1" : "+r"(n) : "r"(d));
	bpf_ringbuf_submit_dynptr(&p, 0);
	return *(__u8 *)n;
}

BAD(helper_arg, memory_of_the_stack)
{
	__u64 room = 0;
	dyn p;

	return bpf_dynptr_from_mem(&room, 8, 0, &p);
}

BAD(map_value_bounds, memory_behind_the_value)
{
	__u8 *v = lookup();
	dyn p;

	if (!v)
		return 1;
	return bpf_dynptr_from_mem(v + 1, 64, 0, &p);
}

BAD(helper_arg, in_a_map)
{
	__u8 *v = lookup();
	__u32 x;

	if (!v)
		return 1;
	return bpf_dynptr_read(&x, 4, (dyn *)v, 0, 0);
}

BAD(iterator_state, over_an_iterator)
{
	__u8 *v = lookup();
	union {
		num it;
		dyn p;
	} u;

	if (!v)
		return 1;
	bpf_iter_num_new(&u.it, 0, 3);
	bpf_dynptr_from_mem(v, 8, 0, &u.p);
	bpf_iter_num_destroy(&u.it);
	return 0;
}

BAD(reference_wrong, data_given_back)
{
	__u8 *d;
	dyn p;

	bpf_ringbuf_reserve_dynptr(&ring, 8, 0, &p);
	d = bpf_dynptr_data(&p, 0, 8);
	if (d)
		bpf_ringbuf_submit(d, 0);
	bpf_ringbuf_submit_dynptr(&p, 0);
	return 0;
}

BAD(reference_leak, leaks_in_a_loop)
{
	int i;

	bpf_for(i, 0, 5) {
		dyn p;

		bpf_ringbuf_reserve_dynptr(&ring, 8, 0, &p);
		if (bpf_get_prandom_u32() & 1)
			return 1;
		bpf_ringbuf_discard_dynptr(&p, 0);
	}
	return 0;
}

/* The metadata in front of a packet of `tc`: none here, until a program makes room. */
SEC("tc") int ok_skb_meta(struct __sk_buff *skb)
{
	struct bpf_dynptr p;
	__u8 b[4] = {};
	int n = bpf_dynptr_from_skb_meta(skb, 0, &p);

	n = n * 40 + bpf_dynptr_size(&p);
	n = n * 40 + bpf_dynptr_read(b, 4, &p, 0, 0);
	n = n * 40 + bpf_dynptr_write(&p, 0, b, 4, 0);
	n = n * 40 + bpf_dynptr_write(&p, 0, b, 0, 0);
	n = n * 40 + bpf_dynptr_is_rdonly(&p);
	n = n * 40 + bpf_dynptr_is_null(&p);
	n = n * 40 + bpf_dynptr_from_skb_meta(skb, 1, &p);
	return -n;
}

SEC("tc") int bad_packet_stale__skb_meta_write(struct __sk_buff *skb)
{
	__u8 *data = (void *)(long)skb->data, *end = (void *)(long)skb->data_end, b = 1;
	struct bpf_dynptr p;

	if (data + 1 > end)
		return 1;
	bpf_dynptr_from_skb_meta(skb, 0, &p);
	bpf_dynptr_write(&p, 0, &b, 1, 0);
	return *data;
}

/* A slice is a part of the packet's room, and goes with it. */
SEC("tc") int bad_packet_stale__skb_meta_slice(struct __sk_buff *skb)
{
	struct bpf_dynptr p;
	__u8 *s;

	bpf_dynptr_from_skb_meta(skb, 0, &p);
	s = bpf_dynptr_slice_rdwr(&p, 0, 0, 4);
	if (!s)
		return 1;
	if (bpf_skb_pull_data(skb, 0))
		return 2;
	return s[0];
}
