// Maps of every form of definition.
#include <stingless/bpf.h>

struct value {
    __u64 n;
    struct {
        struct bpf_spin_lock lock;
        __u32 pad;
    } inner;
    struct bpf_timer timers[2];
};

struct {
    __uint(type, BPF_MAP_TYPE_HASH);
    __uint(max_entries, 10);
    __uint(map_flags, BPF_F_NO_PREALLOC);
    __uint(pinning, LIBBPF_PIN_BY_NAME);
    __type(key, __u32);
    __type(value, struct value);
} typed SEC(".maps");

struct {
    __uint(type, BPF_MAP_TYPE_LRU_HASH);
    __uint(key_size, 16);
    __uint(value_size, 24);
    __uint(max_entries, 1 << 20);
} sized SEC(".maps");

struct {
    __uint(type, BPF_MAP_TYPE_RINGBUF);
    __uint(max_entries, 4096);
} ring SEC(".maps");

int first(struct xdp_md *ctx);
int third(struct xdp_md *ctx);

struct {
    __uint(type, BPF_MAP_TYPE_PROG_ARRAY);
    __uint(max_entries, 4);
    __uint(key_size, 4);
    __array(values, int(void *));
} jumps SEC(".maps") = {
    .values = { [0] = (void *)&first, [2] = (void *)&third },
};

struct inner {
    __uint(type, BPF_MAP_TYPE_ARRAY);
    __uint(max_entries, 1);
    __type(key, __u32);
    __type(value, __u64);
} inner_a SEC(".maps"), inner_b SEC(".maps");

/* An array of maps. */
struct {
    __uint(type, BPF_MAP_TYPE_ARRAY_OF_MAPS);
    __uint(max_entries, 2);
    __type(key, __u32);
    __array(values, struct inner);
} outer SEC(".maps") = {
    .values = { [1] = &inner_b },
};

SEC("xdp")
int first(struct xdp_md *ctx)
{
    __u32 key = 0;

    bpf_map_lookup_elem(&sized, &key);
    bpf_tail_call(ctx, &jumps, 2);
    return 1;
}

SEC("xdp")
int second(struct xdp_md *ctx)
{
    __u32 key = 0;

    return bpf_map_lookup_elem(&outer, &key) != 0;
}

SEC("xdp/other")
int third(struct xdp_md *ctx)
{
    __u32 key = 0;

    bpf_ringbuf_output(&ring, &key, sizeof(key), 0);
    return bpf_map_lookup_elem(&typed, &key) != 0;
}

/* BPF_MAP_TYPE_ARENA, which is not supported. */
struct {
    __uint(type, 33);
    __uint(max_entries, 1);
} unknown SEC(".maps");

SEC("xdp")
int fourth(struct xdp_md *ctx)
{
    __u32 key = 0;

    return bpf_map_lookup_elem(&unknown, &key) != 0;
}
