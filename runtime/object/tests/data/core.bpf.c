// Accesses that are relocated against the host's types.
#include <stingless/bpf.h>

struct task {
    int pid;
    struct {
        long values[4];
    } inner;
} __attribute__((preserve_access_index));

SEC("xdp")
int reads(struct task *t)
{
    return t->pid + t->inner.values[2];
}

SEC("xdp")
int tests(struct task *t)
{
    return __builtin_preserve_field_info(t->pid, 2);
}

SEC("xdp")
int local(struct task *t)
{
    return __builtin_btf_type_id(*t, 0);
}
