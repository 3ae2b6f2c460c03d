// hook: xdp
// run: data=inc64 -> 1
// kernel: no, the system has no such map: loaders make it
#include "corpus.h"

extern int LINUX_KERNEL_VERSION __kconfig;

SEC("xdp") int version(struct xdp_md *ctx)
{
	return LINUX_KERNEL_VERSION >= KERNEL_VERSION(6, 18, 0);
}
