// SPDX-License-Identifier: Apache-2.0 OR MIT
/* The mistake everyone makes once: the looked-up value may not be there. */
#include <stingless/bpf.h>

struct stingless_request {
	__u32 client_ip;
	__u32 status;
	const void *path;
	const void *path_end;
};

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 1024);
	__type(key, __u32);
	__type(value, __u64);
} hits SEC(".maps");

SEC("http/request")
int limit(struct stingless_request *req)
{
	__u32 ip = req->client_ip;
	__u64 *count = bpf_map_lookup_elem(&hits, &ip);

	*count += 1;
	return 0;
}

char LICENSE[] SEC("license") = "Dual MIT/GPL";
