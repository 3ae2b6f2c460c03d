// Indices from the packet into arrays of map values, of .bss and of .rodata.
#include "net.h"

struct table {
	__u32 head;
	__u8 bytes[64];
	__u16 words[32];
	__u64 longs[16];
	struct {
		__u32 a;
		__u16 b;
		__u8 c[10];
	} rows[8];
};

MAP(tables, BPF_MAP_TYPE_ARRAY, __u32, struct table, 4);

const volatile __u32 limit = 10;
const volatile __u8 classes[256] = { [6] = 1, [17] = 2, [58] = 3 };
static const char *const names[] = { "a", "b" };
__u64 hits[16];
struct {
	__u32 last;
	__u8 ring[128];
} state;

static __always_inline struct table *table(__u32 i)
{
	return bpf_map_lookup_elem(&tables, &i);
}

SEC("xdp") int by_u8(struct xdp_md *ctx)
{
	__u8 *p = DATA(ctx);
	struct table *t = table(1);

	if ((void *)(p + 8) > DATA_END(ctx) || !t)
		return 0;
	t->bytes[p[0] & 63] += 1;
	if (p[1] < 32)
		t->words[p[1]] = p[2];
	t->longs[p[3] >> 4]++;
	if (p[4] < 8 && p[5] < 10)
		t->rows[p[4]].c[p[5]] ^= p[6];
	return t->rows[p[7] % 8].b;
}

SEC("xdp") int by_u16(struct xdp_md *ctx)
{
	__u16 *p = DATA(ctx);
	struct table *t = table(0);
	__u16 i;

	if ((void *)(p + 4) > DATA_END(ctx) || !t)
		return 0;
	i = bpf_ntohs(p[0]);
	if (i >= 32)
		i = 31;
	t->words[i]++;
	i = p[1];
	if (i > 15)
		return 1;
	t->longs[i] += i;
	i = (p[2] >> 3) & 7;
	t->rows[i].a = p[3];
	return t->words[i];
}

SEC("xdp") int globals(struct xdp_md *ctx)
{
	__u8 *p = DATA(ctx);
	__u32 i;

	if ((void *)(p + 4) > DATA_END(ctx))
		return 0;
	hits[classes[p[0]] & 15]++;
	i = state.last + 1;
	state.last = i;
	state.ring[i & 127] = p[1];
	if (p[2] < limit && limit <= 16)
		hits[p[2] & 15] += 2;
	return state.ring[p[3] / 2];
}

SEC("xdp") int signed_index(struct xdp_md *ctx)
{
	__s8 *p = DATA(ctx);
	struct table *t = table(2);
	int i;

	if ((void *)(p + 4) > DATA_END(ctx) || !t)
		return 0;
	i = p[0];
	if (i < 0 || i > 63)
		return 1;
	t->bytes[i] = 1;
	i = (int)p[2] * 2;
	if (i < 0 || i >= 16)
		return 2;
	return t->longs[i];
}

SEC("xdp") int clamp(struct xdp_md *ctx)
{
	__u32 *p = DATA(ctx);
	struct table *t = table(3);
	__u32 n, sum = 0;

	if ((void *)(p + 2) > DATA_END(ctx) || !t)
		return 0;
	n = p[0] < 16 ? p[0] : 16;
	for (__u32 i = 0; i < n; i++)
		sum += t->longs[i];
	n = p[1];
	n = n > 64 ? 64 : n;
	for (__u32 i = 0; i < 64; i++) {
		if (i >= n)
			break;
		sum += t->bytes[i];
	}
	return sum;
}

SEC("xdp") int searching(struct xdp_md *ctx)
{
	__u8 *p = DATA(ctx);
	struct table *t = table(0);
	int lo = 0, hi = 31;

	if ((void *)(p + 2) > DATA_END(ctx) || !t)
		return 0;
	for (int i = 0; i < 5; i++) {
		int mid = (lo + hi) >> 1;
		if (mid < 0 || mid > 31)
			return -1;
		if (t->words[mid] == p[0])
			return mid;
		if (t->words[mid] < p[0])
			lo = mid + 1;
		else
			hi = mid - 1;
	}
	return 100;
}
