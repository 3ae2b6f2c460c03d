// Loops over iterators: counted, nested, left early, repeated.
// hook: xdp
// run: data=inc64 -> 3068
#include "corpus.h"

SEC("xdp") int loops(struct xdp_md *ctx)
{
	int i, j, sum = 0;

	bpf_for(i, 0, 10) {
		if (i == 3)
			continue;
		sum += i;
		bpf_for(j, i, 10) {
			if (j == 8)
				break;
			sum += 1;
		}
	}
	bpf_repeat(1000) {
		sum += 3;
		if (sum > 3070)
			goto out;
	}
	sum = 0;
out:
	bpf_for(i, 5, 5)
		sum += 1000;
	bpf_for(i, -3, 3)
		sum += i;
	return sum;
}
