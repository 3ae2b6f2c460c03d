// Global variables of every section, kernel configuration.
#include <stingless/bpf.h>

const volatile __u32 limit = 100;
const volatile char name[8] = "abc";
const volatile __u64 tuned SEC(".rodata.tuning") = 5;
const volatile __u64 blank[2];
int initialised = 3;
static volatile int local_state = 4;
__u64 zeroed[4];
static volatile __u32 local_zero;
__u64 apart SEC(".data.apart") = 9;
__u64 apart_zero SEC(".bss.apart");
static struct bpf_spin_lock lock SEC(".data.locked");
static __u64 guarded SEC(".data.locked") = 1;

extern int LINUX_KERNEL_VERSION __kconfig;
extern _Bool CONFIG_PRESENT __kconfig __weak;
extern enum libbpf_tristate CONFIG_MODULE __kconfig __weak;
extern char CONFIG_TEXT[8] __kconfig __weak;
extern __u64 CONFIG_MISSING __kconfig;
extern __s16 CONFIG_SMALL __kconfig __weak;

SEC("xdp")
int constants(struct xdp_md *ctx)
{
    return limit + name[1] + tuned + blank[1];
}

SEC("xdp")
int variables(struct xdp_md *ctx)
{
    initialised += 1;
    local_state += 1;
    local_zero += 1;
    zeroed[2] += 1;
    apart += 1;
    apart_zero += 1;
    return initialised;
}

SEC("xdp")
int locked(struct xdp_md *ctx)
{
    bpf_spin_lock(&lock);
    guarded++;
    bpf_spin_unlock(&lock);
    return 0;
}

SEC("xdp")
int config(struct xdp_md *ctx)
{
    int sum = LINUX_KERNEL_VERSION >= KERNEL_VERSION(5, 10, 0);

    if (CONFIG_PRESENT)
        sum += CONFIG_TEXT[0];
    return sum + CONFIG_MODULE + CONFIG_SMALL;
}

SEC("xdp")
int config_missing(struct xdp_md *ctx)
{
    return CONFIG_MISSING;
}

char _license[] SEC("license") = "Dual BSD/GPL";
