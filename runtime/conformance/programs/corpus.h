/* What every program of the corpus needs. SPDX-License-Identifier: Apache-2.0 OR MIT */
#include <stingless/bpf.h>

char LICENSE[] SEC("license") = "Dual MIT/GPL";

/* Ethernet and IPv4, as far as the programs read them. */
struct eth {
	__u8 dst[6];
	__u8 src[6];
	__be16 proto;
} __attribute__((packed));

#define DATA(ctx) ((void *)(long)(ctx)->data)
#define DATA_END(ctx) ((void *)(long)(ctx)->data_end)
