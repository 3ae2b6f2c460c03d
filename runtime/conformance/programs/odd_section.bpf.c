// A section that is no hook of the host.
// hook: xdp
// error: program `lost`: no hook takes section `nowhere/at/all`
#include "corpus.h"

SEC("nowhere/at/all") int lost(void *ctx)
{
	return 0;
}
