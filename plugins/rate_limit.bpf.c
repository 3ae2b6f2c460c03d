// SPDX-License-Identifier: Apache-2.0 OR MIT
//
// At most `rate` requests a second from each client, and `burst` at once.
//
// The token bucket is kept as one number, the time at which it will be full again: a request moves that time by one
// token's worth, and is refused if it would lie more than a burst ahead. One number can be moved with one
// compare-and-swap, so that threads that serve the same client never hand out a token twice.
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

const volatile __u64 rate = 100; /* tokens a second; 0: no limit */
const volatile __u64 burst = 50; /* tokens in a full bucket, at most 2^24 */

/* How often a lost race is tried again. Losing this often means a flood by this very client. */
#define TRIES 8

static __always_inline struct bucket *bucket_of(__u32 client)
{
    struct bucket *known = bpf_map_lookup_elem(&buckets, &client);
    if (known)
        return known;
    struct bucket fresh = {};
    /* Another thread may have been faster: its bucket stays. */
    bpf_map_update_elem(&buckets, &client, &fresh, BPF_NOEXIST);
    return bpf_map_lookup_elem(&buckets, &client);
}

SEC("http/request")
int limit(struct stingless_request *req)
{
    __u64 token = rate ? NSEC_PER_SEC / rate : 0;
    __u64 room = token * (burst & 0xffffff);
    struct bucket *b = bucket_of(req->client_ip);
    if (!b)
        return STINGLESS_PASS; /* pushed out by 4096 other clients between two lines: a client without debts */

    __u64 now = bpf_ktime_get_ns();
    for (int i = 0; i < TRIES; i++) {
        __u64 seen = *(volatile __u64 *)&b->full_at;
        __u64 next = (seen > now ? seen : now) + token;
        if (next > now + room)
            break;
        if (__sync_val_compare_and_swap(&b->full_at, seen, next) == seen) {
            __sync_fetch_and_add(&b->passed, 1);
            return STINGLESS_PASS;
        }
    }
    __sync_fetch_and_add(&b->limited, 1);
    return STINGLESS_LIMIT;
}

char _license[] SEC("license") = "Dual MIT/GPL";
