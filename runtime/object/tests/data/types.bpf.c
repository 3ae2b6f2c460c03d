// Every kind of BTF type.
#include <stingless/bpf.h>

typedef int (*callback)(const char *text, int, ...);

enum colour { RED, GREEN = 5, BLUE };
enum signs { MINUS = -1, PLUS = 1 };
enum wide { HUGE = 0x100000000ULL };
struct forward;
union forward_union;

struct sample {
    char name[16];
    const volatile struct sample *next;
    struct forward *hidden;
    union forward_union *hidden_union;
    callback call;
    void (*table[4])(struct sample *);
    int (*rows)[8];
    unsigned int low : 3;
    unsigned int high : 5;
    union {
        __u32 word;
        __u8 bytes[4];
    };
    struct {
        double d;
        float f;
    } real;
    enum colour colour;
    enum signs signs;
    enum wide wide;
    _Bool flag;
    __u64 __attribute__((btf_type_tag("percpu"))) *tagged;
    char *restrict alone;
    __u32 flexible[];
} __attribute__((btf_decl_tag("sampled")));

static void ping(struct sample *s)
{
}

struct sample global_sample = { .table = { ping } };

SEC("xdp")
int prog(struct xdp_md *ctx)
{
    return global_sample.colour;
}
