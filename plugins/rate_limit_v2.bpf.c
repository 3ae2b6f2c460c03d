// SPDX-License-Identifier: Apache-2.0 OR MIT
//
// The next version of `rate_limit.bpf.c`: writes cost more than reads, and refusals are counted by method.
//
// `buckets` has the type it had, so a live swap carries every client's bucket over; `refused` is new and starts empty.
#include <stingless/http.h>

#define NSEC_PER_SEC 1000000000ULL

struct bucket {
    __u64 full_at; /* ns of the monotonic clock */
    __u64 passed;
    __u64 limited;
};

struct {
    __uint(type, BPF_MAP_TYPE_LRU_HASH);
    __uint(max_entries, 4096);
    __type(key, __u32); /* client_ip, network byte order */
    __type(value, struct bucket);
} buckets SEC(".maps");

/* Refused requests by method: see `method` of `struct stingless_request`. */
struct {
    __uint(type, BPF_MAP_TYPE_ARRAY);
    __uint(max_entries, 16);
    __type(key, __u32);
    __type(value, __u64);
} refused SEC(".maps");

const volatile __u64 rate = 100;     /* tokens a second; 0: no limit */
const volatile __u64 burst = 50;     /* tokens in a full bucket, at most 2^24 */
const volatile __u64 write_cost = 5; /* tokens of a request that is neither GET nor HEAD, at most 255 */

#define TRIES 8
#define METHOD_GET 1
#define METHOD_HEAD 2

static __always_inline struct bucket *bucket_of(__u32 client)
{
    struct bucket *known = bpf_map_lookup_elem(&buckets, &client);
    if (known)
        return known;
    struct bucket fresh = {};
    bpf_map_update_elem(&buckets, &client, &fresh, BPF_NOEXIST);
    return bpf_map_lookup_elem(&buckets, &client);
}

static __always_inline int refuse(struct bucket *b, __u32 method)
{
    __sync_fetch_and_add(&b->limited, 1);
    __u64 *count = bpf_map_lookup_elem(&refused, &method);
    if (count)
        __sync_fetch_and_add(count, 1);
    return STINGLESS_LIMIT;
}

SEC("http/request")
int limit(struct stingless_request *req)
{
    __u64 token = rate ? NSEC_PER_SEC / rate : 0;
    __u64 room = token * (burst & 0xffffff);
    __u32 method = req->method;
    __u64 cost = method == METHOD_GET || method == METHOD_HEAD ? token : token * (write_cost & 0xff);
    struct bucket *b = bucket_of(req->client_ip);
    if (!b)
        return STINGLESS_PASS;

    __u64 now = bpf_ktime_get_ns();
    for (int i = 0; i < TRIES; i++) {
        __u64 seen = *(volatile __u64 *)&b->full_at;
        __u64 next = (seen > now ? seen : now) + cost;
        if (next > now + room)
            break;
        if (__sync_val_compare_and_swap(&b->full_at, seen, next) == seen) {
            __sync_fetch_and_add(&b->passed, 1);
            return STINGLESS_PASS;
        }
    }
    return refuse(b, method);
}

char _license[] SEC("license") = "Dual MIT/GPL";
