// Three equal numbers in a row would be a generator that stands still.
// hook: xdp
// run: data=inc64 -> 1
#include "corpus.h"

SEC("xdp") int random(struct xdp_md *ctx)
{
	__u32 a = bpf_get_prandom_u32(), b = bpf_get_prandom_u32(), c = bpf_get_prandom_u32();

	return a != b || b != c;
}
