/* The hook that the corpus' own host defines. SPDX-License-Identifier: Apache-2.0 OR MIT */
#include "corpus.h"

struct stingless_event {
	__u32 kind;
	__u32 level;
	const void *text;
	const void *text_end;
};

enum { EVENT_PASS, EVENT_DENY, EVENT_LIMIT };

static __u64 (*const event_limit)(__u64 which) = (void *)1000;
static __u64 (*const event_fail)(__u64 how) = (void *)1001;
