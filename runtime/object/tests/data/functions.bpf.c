// Functions of every linkage, callbacks, helpers by name, several programs in a section.
#include <stingless/bpf.h>

struct pair {
    __u64 a, b;
};

extern long host_helper(long x) __ksym __weak;
extern long absent_helper(long x) __ksym;
extern long maybe_helper(long x) __ksym __weak;
extern const int absent_variable __ksym;

static __u64 counter;

static __noinline long leaf(long a)
{
    counter += a;
    return counter;
}

static __noinline long middle(long a)
{
    return leaf(a) + leaf(a + 1);
}

__noinline long shared(struct xdp_md *ctx, struct pair *maybe, struct pair *sure __arg_nonnull, int n)
{
    if (!maybe)
        return ctx->data + n;
    return maybe->a + sure->b + n;
}

__hidden __noinline long kept(long a)
{
    return leaf(a) * 3;
}

__weak __noinline int chosen(void *opaque __arg_ctx, struct pair by_value, void *unsized)
{
    return by_value.a == 3;
}

__noinline void nothing(__u8 small)
{
    counter = small;
}

static long step(__u32 index, void *ctx)
{
    return index > 3;
}

SEC("xdp")
int statics(struct xdp_md *ctx)
{
    return middle(ctx->data) + middle(1);
}

SEC("xdp")
int globals(struct xdp_md *ctx)
{
    struct pair p = {};

    nothing(1);
    return shared(ctx, &p, &p, 1) + kept(2) + chosen(ctx, p, 0);
}

SEC("xdp/second")
int callbacks(struct xdp_md *ctx)
{
    return bpf_loop(8, step, 0, 0);
}

__noinline long exported_step(__u32 index, void *ctx)
{
    return index > 5;
}

SEC("?xdp")
int optional(struct xdp_md *ctx)
{
    return bpf_loop(8, exported_step, 0, 0);
}

SEC("custom name, any")
int by_name(struct xdp_md *ctx)
{
    if (maybe_helper)
        return maybe_helper(1);
    if (host_helper)
        return host_helper(2);
    return 0;
}

SEC("xdp")
int missing(struct xdp_md *ctx)
{
    return absent_helper(1) + absent_variable;
}

char _license[] SEC("license") = "GPL";
