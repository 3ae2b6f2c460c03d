// One program for each type that a configuration variable may have; weak ones may be missing.
#include <stingless/bpf.h>

enum other { OTHER_NO, OTHER_YES };
struct pair { int a, b; };

#define config(type, name) \
	extern type CONFIG_##name __kconfig __weak; \
	SEC("xdp") long read_##name(struct xdp_md *ctx) { return (long)CONFIG_##name; }

config(_Bool, BOOL)
config(char, CHAR)
config(signed char, I8)
config(unsigned char, U8)
config(enum libbpf_tristate, TRI)
config(__s16, I16)
config(__u16, U16)
config(int, I32)
config(__u32, U32)
config(__s64, I64)
config(__u64, U64)
config(enum other, OTHER)
config(void *, POINTER)

extern char CONFIG_TEXT[4] __kconfig __weak;
SEC("xdp") long read_TEXT(struct xdp_md *ctx) { return *(volatile __u32 *)CONFIG_TEXT; }
extern int CONFIG_INTS[4] __kconfig __weak;
SEC("xdp") long read_INTS(struct xdp_md *ctx) { return CONFIG_INTS[1]; }

extern _Bool LINUX_HAS_BPF_COOKIE __kconfig;
SEC("xdp") long cookie(struct xdp_md *ctx) { return LINUX_HAS_BPF_COOKIE; }
extern int LINUX_HAS_SYSCALL_WRAPPER __kconfig;
SEC("xdp") long wrapper(struct xdp_md *ctx) { return LINUX_HAS_SYSCALL_WRAPPER; }
extern int LINUX_HAS_SOMETHING __kconfig;
SEC("xdp") long something(struct xdp_md *ctx) { return LINUX_HAS_SOMETHING; }

char LICENSE[] SEC("license") = "GPL";
