// Values of a packet's socket: `tests/sockets.rs` has sockets, and asks the live kernel.
// hook: tc
// kernel: no, its packets have a socket
// run: data=inc64 -> 1000
#include "corpus.h"

struct value {
	__u64 count;
	__u32 first;
};
struct {
	__uint(type, BPF_MAP_TYPE_SK_STORAGE);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__type(key, int);
	__type(value, struct value);
} values SEC(".maps");

SEC("tc") int storage(struct __sk_buff *skb)
{
	struct value init = { .count = 5, .first = 9 }, *v;
	struct bpf_sock *sk = skb->sk;
	int n = 0;

	if (!sk)
		return 1000;
	sk = bpf_sk_fullsock(sk);
	if (!sk)
		return 2000;
	/* None yet, unless the packet before made one. */
	v = bpf_sk_storage_get(&values, sk, 0, 0);
	if (v)
		return 100 + v->count;
	if (bpf_sk_storage_get(&values, sk, 0, 2))
		return 3000;
	if (bpf_sk_storage_delete(&values, sk) == -2)
		n |= 1;
	v = bpf_sk_storage_get(&values, sk, 0, BPF_SK_STORAGE_GET_F_CREATE);
	if (v && !v->count && !v->first)
		n |= 2;
	if (!bpf_sk_storage_delete(&values, sk))
		n |= 4;
	v = bpf_sk_storage_get(&values, sk, &init, BPF_SK_STORAGE_GET_F_CREATE);
	if (!v)
		return 4000;
	v->count++;
	/* The same again. */
	v = bpf_sk_storage_get(&values, sk, 0, BPF_SK_STORAGE_GET_F_CREATE);
	if (v && v->count == 6 && v->first == 9)
		n |= 8;
	return n;
}
