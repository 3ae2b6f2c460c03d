// SPDX-License-Identifier: Apache-2.0 OR MIT
/* Counts requests per client and limits each to a quota that the host's helper names. */
#include <stingless/bpf.h>

struct stingless_request {
	__u32 client_ip; /* network byte order */
	__u32 status;
	const void *path;
	const void *path_end;
};

enum { STINGLESS_PASS, STINGLESS_DENY, STINGLESS_LIMIT };

static __u64 (*const tenant_quota)(__u32 tenant) = (void *)1000;

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
	const char *path = req->path;
	__u64 one = 1, *count;

	if (path + 6 <= (const char *)req->path_end && !__builtin_memcmp(path, "/admin", 6)) {
		req->status = 403;
		return STINGLESS_DENY;
	}
	count = bpf_map_lookup_elem(&hits, &ip);
	if (!count) {
		bpf_map_update_elem(&hits, &ip, &one, BPF_ANY);
		return STINGLESS_PASS;
	}
	__sync_fetch_and_add(count, 1);
	if (*count <= tenant_quota(1))
		return STINGLESS_PASS;
	req->status = 429;
	return STINGLESS_LIMIT;
}

char LICENSE[] SEC("license") = "Dual MIT/GPL";
