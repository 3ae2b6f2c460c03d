/* Text up to a NUL. SPDX-License-Identifier: Apache-2.0 OR MIT */
#include "objects.h"

struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, 4096);
} ring SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__type(key, char[16]);
	__type(value, __u64);
	__uint(max_entries, 4);
} names SEC(".maps");

static const char hello[] = "Hello, World";
static const char lower[] = "hello, world";

/* Results in one number. */
#define ADD(x) (n = n * 37 + (x))

OK(lengths)
{
	char s[16] = "abcdefg";
	int n = 0;

	ADD(bpf_strlen(s));
	ADD(bpf_strlen(s + 3));
	ADD(bpf_strlen(s + 7));
	ADD(bpf_strnlen(s, 3));
	ADD(bpf_strnlen(s, 7));
	ADD(bpf_strnlen(s, 100));
	ADD(bpf_strnlen(s, 0));
	ADD(bpf_strnlen(s, ~0ull));
	ADD(bpf_strnlen(s, 65536));
	return n;
}

OK(bytes)
{
	char s[16] = "abcabca";
	int n = 0;

	ADD(bpf_strchr(s, 'b'));
	ADD(bpf_strchr(s, 'x'));
	ADD(bpf_strchr(s, 0));
	ADD(bpf_strchrnul(s, 'c'));
	ADD(bpf_strchrnul(s, 'x'));
	ADD(bpf_strchrnul(s, 0));
	ADD(bpf_strrchr(s, 'b'));
	ADD(bpf_strrchr(s, 'x'));
	ADD(bpf_strrchr(s, 0));
	ADD(bpf_strnchr(s, 2, 'c'));
	ADD(bpf_strnchr(s, 3, 'c'));
	ADD(bpf_strnchr(s, 7, 0));
	ADD(bpf_strnchr(s, 8, 0));
	ADD(bpf_strnchr(s, 0, 'a'));
	ADD(bpf_strnchr(s, ~0ull, 'x'));
	return n;
}

OK(orders)
{
	char a[8] = "abc", b[8] = "abd", c[8] = "ab", d[8] = { 'a', 'b', (char)0xe0 }, e[8] = { 'A', 'b', (char)0xc0 };
	char f[8] = { (char)0xd7 }, g[8] = { (char)0xf7 };
	int n = 0;

	ADD(bpf_strcmp(a, a));
	ADD(bpf_strcmp(a, b));
	ADD(bpf_strcmp(b, a));
	ADD(bpf_strcmp(a, c));
	ADD(bpf_strcmp(c, a));
	ADD(bpf_strcmp(a, d));
	ADD(bpf_strcmp(d, a));
	ADD(bpf_strcasecmp(d, e));
	ADD(bpf_strcasecmp(e, d));
	ADD(bpf_strcasecmp(f, g));
	ADD(bpf_strcmp(d, e));
	return n;
}

OK(sets)
{
	char s[16] = "aabbcd", ab[4] = "ab", none[4] = "", dz[4] = "dz", x[4] = "x";
	int n = 0;

	ADD(bpf_strspn(s, ab));
	ADD(bpf_strspn(s, none));
	ADD(bpf_strspn(none, s));
	ADD(bpf_strspn(s, s));
	ADD(bpf_strcspn(s, dz));
	ADD(bpf_strcspn(s, none));
	ADD(bpf_strcspn(none, s));
	ADD(bpf_strcspn(s, x));
	ADD(bpf_strcspn(s, ab));
	return n;
}

OK(words)
{
	char s[16] = "aabaabaaab", w[8] = "aaab", v[8] = "baa", x[8] = "bb", none[4] = "";
	int n = 0;

	ADD(bpf_strstr(s, w));
	ADD(bpf_strstr(s, v));
	ADD(bpf_strstr(s, x));
	ADD(bpf_strstr(s, none));
	ADD(bpf_strstr(none, s));
	ADD(bpf_strstr(none, none));
	ADD(bpf_strnstr(s, w, 9));
	ADD(bpf_strnstr(s, w, 10));
	ADD(bpf_strnstr(s, w, 11));
	ADD(bpf_strnstr(s, v, 4));
	ADD(bpf_strnstr(s, v, 5));
	ADD(bpf_strnstr(s, none, 0));
	ADD(bpf_strnstr(s, v, 0));
	ADD(bpf_strnstr(s, v, ~0ull));
	return n;
}

OK(read_only)
{
	int n = 0;

	ADD(bpf_strlen(hello));
	ADD(bpf_strcmp(hello, lower));
	ADD(bpf_strcasecmp(hello, lower));
	ADD(bpf_strstr(hello, "World"));
	ADD(bpf_strstr(lower, "World"));
	ADD(bpf_strchr("literal", 't'));
	return n;
}

OK(null)
{
	char s[8] = "abc";
	int n = 0;

	ADD(bpf_strlen(0));
	ADD(bpf_strcmp(s, 0));
	ADD(bpf_strcmp(0, s));
	ADD(bpf_strnlen(0, 0));
	ADD(bpf_strstr(0, s));
	ADD(bpf_strnchr(0, 0, 'a'));
	return n;
}

/* A look-up that may have found nothing: NULL is the function's to see. */
OK(value_or_null)
{
	char key[16] = "none";
	char *v = bpf_map_lookup_elem(&names, key);

	return -bpf_strlen(v);
}

OK(value)
{
	__u8 *v = lookup();
	int n = 0;

	if (!v)
		return 1;
	for (int i = 0; i < 64; i++)
		v[i] = 'a' + i % 26;
	v[63] = 0;
	ADD(bpf_strlen((char *)v));
	ADD(bpf_strchr((char *)v, 'd'));
	ADD(bpf_strrchr((char *)v, 'd'));
	ADD(bpf_strstr((char *)v + 5, "abc"));
	return n;
}

/* Anywhere in the value: as much as is there of every place. */
OK(variable_value)
{
	__u8 *v = lookup();
	__u32 at = bpf_get_smp_processor_id();

	if (!v)
		return 1;
	for (int i = 0; i < 64; i++)
		v[i] = i % 8 == 7 ? 0 : 'a';
	at &= 0;
	hide(at);
	if (at > 40)
		return 2;
	return bpf_strlen((char *)v + at);
}

OK(variable_stack)
{
	char s[32] = "abcdefghijklmnopqrstuvwxyz";
	__u32 at = 3;

	hide(at);
	if (at > 3)
		return 1;
	return bpf_strlen(s + at);
}

OK(record)
{
	char *s = bpf_ringbuf_reserve(&ring, 16, 0);
	int n;

	if (!s)
		return 1;
	__builtin_memcpy(s, "record\0", 8);
	n = bpf_strlen(s);
	bpf_ringbuf_discard(s, 0);
	return n;
}

static long each(void *map, const void *key, void *value, void *ctx)
{
	*(__u64 *)value = bpf_strlen(key) * 100 + bpf_strchr(key, 'y');
	return 0;
}

OK(key)
{
	char key[16] = "my key";
	__u64 zero = 0, *v;

	bpf_map_update_elem(&names, key, &zero, 0);
	bpf_for_each_map_elem(&names, each, 0, 0);
	v = bpf_map_lookup_elem(&names, key);
	return v ? *v : -1;
}

__noinline int measure(char (*s)[16])
{
	if (!s)
		return -1;
	return bpf_strlen(*s);
}

OK(argument)
{
	char s[16] = "argument";

	fence();
	return measure(&s);
}

OK(slice)
{
	char room[8];
	struct bpf_dynptr p;
	__u8 *v = lookup();
	char *s;

	if (!v)
		return 1;
	__builtin_memcpy(v, "slice\0\0", 8);
	if (bpf_dynptr_from_mem(v, 64, 0, &p))
		return 2;
	s = bpf_dynptr_slice(&p, 1, room, 8);
	return s ? bpf_strlen(s) : 3;
}

OK(packet)
{
	char *data = (char *)(long)ctx->data, *end = (char *)(long)ctx->data_end;
	int n = 0;

	if (data + 14 > end)
		return 1;
	data[0] = 'x';
	data[1] = 'y';
	data[2] = 0;
	ADD(bpf_strlen(data));
	ADD(bpf_strchr(data + 1, 'y'));
	ADD(bpf_strcmp(data, hello));
	return n;
}

/* Several pointers at one call. */
OK(one_of_two)
{
	char s[8] = "stack";
	const char *p = hello;

	if (ctx->data_end - ctx->data > 3)
		p = s;
	return bpf_strlen(p);
}

OK(loop)
{
	char s[32] = "a,bc,def,";
	int at = 0, n = 0, i;

	bpf_for(i, 0, 4) {
		int len;

		if (at < 0 || at > 15)
			break;
		len = bpf_strcspn(s + at, ",");
		ADD(len);
		at += len + 1;
	}
	return n;
}

BAD(uninit_stack, never_written)
{
	char s[16];

	return bpf_strlen(s);
}

STRICT(packet_bounds, unchecked)
{
	return bpf_strlen((char *)(long)ctx->data);
}

STRICT(helper_arg, number)
{
	return bpf_strlen((char *)1234);
}

STRICT(helper_arg, context)
{
	return bpf_strlen((char *)ctx);
}

STRICT(helper_arg, map)
{
	return bpf_strlen((char *)&names);
}

STRICT(map_value_bounds, behind_the_value)
{
	__u8 *v = lookup();

	return v ? bpf_strlen((char *)v + 64) : 0;
}

STRICT(packet_stale, moved)
{
	char *data = (char *)(long)ctx->data, *end = (char *)(long)ctx->data_end;

	if (data + 14 > end)
		return 1;
	if (bpf_xdp_adjust_head(ctx, 0))
		return 2;
	return bpf_strlen(data);
}
