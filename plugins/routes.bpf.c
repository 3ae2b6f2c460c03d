// SPDX-License-Identifier: Apache-2.0 OR MIT
//
// Counts requests by route (the first segment of the path) and responses by class of status.
#include <stingless/http.h>

#define NAME_LEN 16

struct route {
    char name[NAME_LEN]; /* `/api`, zero-padded; longer segments are cut */
};

struct {
    __uint(type, BPF_MAP_TYPE_HASH);
    __uint(max_entries, 256);
    __type(key, struct route);
    __type(value, __u64);
} routes SEC(".maps");

/* Index: status / 100, so 2 counts 2xx; 0 counts what is no status. */
struct {
    __uint(type, BPF_MAP_TYPE_ARRAY);
    __uint(max_entries, 6);
    __type(key, __u32);
    __type(value, __u64);
} statuses SEC(".maps");

/* Requests to routes that found no room: the map is bounded, clients choose paths. */
__u64 uncounted = 0;

SEC("http/request")
int count_request(struct stingless_request *req)
{
    const char *path = req->path;
    const char *end = req->path_end;
    struct route key = {};

    for (int i = 0; i < NAME_LEN; i++) {
        if (path + i + 1 > end)
            break;
        char c = path[i];
        if (i > 0 && c == '/')
            break;
        key.name[i] = c;
    }

    __u64 *known = bpf_map_lookup_elem(&routes, &key);
    if (!known) {
        __u64 zero = 0;
        bpf_map_update_elem(&routes, &key, &zero, BPF_NOEXIST);
        known = bpf_map_lookup_elem(&routes, &key);
    }
    if (known)
        __sync_fetch_and_add(known, 1);
    else
        __sync_fetch_and_add(&uncounted, 1);
    return STINGLESS_PASS;
}

SEC("http/response")
int count_response(struct stingless_response *resp)
{
    __u32 class = resp->status / 100;
    if (class > 5)
        class = 0;
    __u64 *count = bpf_map_lookup_elem(&statuses, &class);
    if (count)
        __sync_fetch_and_add(count, 1);
    return STINGLESS_PASS;
}

char _license[] SEC("license") = "Dual MIT/GPL";
