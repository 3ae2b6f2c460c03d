// SPDX-License-Identifier: Apache-2.0 OR MIT
//
// A mistake that everybody makes once: the result of a lookup is used without asking whether there is one. In C this
// compiles, and crashes with the first new client. Stingless refuses it before it runs.
#include <stingless/http.h>

struct bucket {
    __u64 full_at;
    __u64 passed;
    __u64 limited;
};

struct {
    __uint(type, BPF_MAP_TYPE_LRU_HASH);
    __uint(max_entries, 4096);
    __type(key, __u32);
    __type(value, struct bucket);
} buckets SEC(".maps");

SEC("http/request")
int limit(struct stingless_request *req)
{
    __u32 client = req->client_ip;
    struct bucket *b = bpf_map_lookup_elem(&buckets, &client);
    __sync_fetch_and_add(&b->passed, 1);
    return STINGLESS_PASS;
}

char _license[] SEC("license") = "Dual MIT/GPL";
