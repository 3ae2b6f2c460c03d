/* A walk over a policy: N lookups with keys on the stack, each with a fork on what was found. */
#include "large.h"

SEC("tc") int lookups(struct __sk_buff *skb)
{
	__u64 key = skb->mark, drops = 0, seen = 0;

#pragma clang loop unroll(full)
	for (int i = 0; i < N; i++) {
		key = key * 3 + i;
		__u64 *v = bpf_map_lookup_elem(&table, &key);
		if (v) {
			if (*v > 1000)
				drops++;
			else
				*v += 1;
			seen |= *v;
			if (*v == 7)
				bpf_map_update_elem(&table, &seen, &key, BPF_ANY);
		}
		HIDE(drops);
	}
	skb->mark = seen;
	return drops > 3 ? TC_ACT_SHOT : TC_ACT_OK;
}
