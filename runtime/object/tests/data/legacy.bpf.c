// flags: -O2 -target bpf -mcpu=v2
// The older `maps` section, without any type information.
#include <stingless/bpf.h>

struct bpf_map_def {
    __u32 type, key_size, value_size, max_entries, map_flags;
    __u32 unused[2];
};

struct bpf_map_def SEC("maps") table = { BPF_MAP_TYPE_HASH, 4, 8, 16, BPF_F_NO_PREALLOC };
struct bpf_map_def SEC("maps") list = { BPF_MAP_TYPE_ARRAY, 4, 8, 2, 0 };

static __u64 total = 1;

static __noinline __u64 *find(void *map, __u32 key)
{
    return bpf_map_lookup_elem(map, &key);
}

SEC("socket/first")
int first(void *ctx)
{
    __u64 *n = find(&list, 1);

    if (n)
        total += *n;
    return find(&table, 2) != 0;
}
