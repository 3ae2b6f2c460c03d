// hook: xdp
// run: data=inc64 -> 1
#include "corpus.h"

SEC("xdp") int cpu(struct xdp_md *ctx)
{
	return bpf_get_smp_processor_id() < 65536 && bpf_get_smp_processor_id() == bpf_get_smp_processor_id();
}
