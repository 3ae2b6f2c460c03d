/* What every plugin needs: types, sections, maps, built-in hooks, helpers. SPDX-License-Identifier: Apache-2.0 OR MIT
 *
 *     clang -O2 -g -target bpf -mcpu=v3 -I plugins/include -c plugin.bpf.c
 *
 * Numbers are Linux's, so that the same source runs there. What a header of `stingless headers` declares as well is
 * declared once, whichever is included first.
 */
#ifndef STINGLESS_BPF_H
#define STINGLESS_BPF_H

typedef unsigned char __u8;
typedef unsigned short __u16;
typedef unsigned int __u32;
typedef unsigned long long __u64;
typedef signed char __s8;
typedef short __s16;
typedef int __s32;
typedef long long __s64;
typedef __u16 __be16;
typedef __u32 __be32;
typedef __u64 __be64;

/* Where something goes: a program's hook, `.maps`, `license`. */
#define SEC(name) __attribute__((section(name), used))

#ifndef __always_inline
#define __always_inline inline __attribute__((always_inline))
#endif
#ifndef __noinline
#define __noinline __attribute__((noinline))
#endif
#ifndef __weak
#define __weak __attribute__((weak))
#endif
#ifndef __hidden
#define __hidden __attribute__((visibility("hidden")))
#endif

/* On extern declarations: a helper by name, a kernel configuration value. Weak ones may be missing: test them. */
#define __ksym __attribute__((section(".ksyms")))
#define __kconfig __attribute__((section(".kconfig")))

/* On arguments of global functions. */
#define __arg_ctx __attribute__((btf_decl_tag("arg:ctx")))
#define __arg_nonnull __attribute__((btf_decl_tag("arg:nonnull")))
#define __arg_nullable __attribute__((btf_decl_tag("arg:nullable")))

/* Members of a map's definition. */
#define __uint(name, value) int(*name)[value]
#define __type(name, value) typeof(value) *name
#define __array(name, value) typeof(value) *name[]

enum bpf_map_type {
    BPF_MAP_TYPE_HASH = 1,
    BPF_MAP_TYPE_ARRAY = 2,
    BPF_MAP_TYPE_PROG_ARRAY = 3,
    BPF_MAP_TYPE_PERCPU_HASH = 5,
    BPF_MAP_TYPE_PERCPU_ARRAY = 6,
    BPF_MAP_TYPE_LRU_HASH = 9,
    BPF_MAP_TYPE_RINGBUF = 27,
};

/* Flags of a map. */
enum {
    BPF_F_NO_PREALLOC = 1 << 0,
    BPF_F_NO_COMMON_LRU = 1 << 1,
    BPF_F_NUMA_NODE = 1 << 2,
    BPF_F_RDONLY = 1 << 3,
    BPF_F_WRONLY = 1 << 4,
    BPF_F_ZERO_SEED = 1 << 6,
    BPF_F_RDONLY_PROG = 1 << 7,
    BPF_F_WRONLY_PROG = 1 << 8,
    BPF_F_MMAPABLE = 1 << 10,
    BPF_F_INNER_MAP = 1 << 12,
};

/* Flags of bpf_map_update_elem. */
enum {
    BPF_ANY = 0,
    BPF_NOEXIST = 1,
    BPF_EXIST = 2,
    BPF_F_LOCK = 4,
};

/* Flags of bpf_ringbuf_submit, _discard and _output. */
enum {
    BPF_RB_NO_WAKEUP = 1 << 0,
    BPF_RB_FORCE_WAKEUP = 1 << 1,
};

/* Values of `pinning`. */
enum libbpf_pin_type {
    LIBBPF_PIN_NONE,
    LIBBPF_PIN_BY_NAME,
};

/* Type of a tristate __kconfig variable. */
enum libbpf_tristate {
    TRI_NO = 0,
    TRI_YES = 1,
    TRI_MODULE = 2,
};

#define KERNEL_VERSION(a, b, c) (((a) << 16) + ((b) << 8) + ((c) > 255 ? 255 : (c)))

/* In a map's value: only helpers touch these. */
struct bpf_spin_lock {
    __u32 val;
};

struct bpf_timer {
    __u64 __opaque[2];
} __attribute__((aligned(8)));

/* Hook `xdp`. */
#ifndef STINGLESS_ENUM_XDP_ABORTED
#define STINGLESS_ENUM_XDP_ABORTED
enum {
    XDP_ABORTED,
    XDP_DROP,
    XDP_PASS,
    XDP_TX,
    XDP_REDIRECT,
};
#endif

#ifndef STINGLESS_STRUCT_xdp_md
#define STINGLESS_STRUCT_xdp_md
struct xdp_md {
    __u32 data;
    __u32 data_end;
    __u32 data_meta;
    __u32 ingress_ifindex;
    __u32 rx_queue_index;
    __u32 egress_ifindex;
};
#endif

/* Hooks `tc` and `socket_filter`. */
#ifndef STINGLESS_ENUM_TC_ACT_UNSPEC
#define STINGLESS_ENUM_TC_ACT_UNSPEC
enum {
    TC_ACT_UNSPEC = -1,
    TC_ACT_OK = 0,
    TC_ACT_RECLASSIFY = 1,
    TC_ACT_SHOT = 2,
    TC_ACT_PIPE = 3,
    TC_ACT_STOLEN = 4,
    TC_ACT_QUEUED = 5,
    TC_ACT_REPEAT = 6,
    TC_ACT_REDIRECT = 7,
    TC_ACT_TRAP = 8,
};
#endif

#ifndef STINGLESS_STRUCT___sk_buff
#define STINGLESS_STRUCT___sk_buff
struct __sk_buff {
    __u32 len;
    __u32 pkt_type;
    __u32 mark;
    __u32 queue_mapping;
    __u32 protocol;
    __u32 vlan_present;
    __u32 vlan_tci;
    __u32 vlan_proto;
    __u32 priority;
    __u32 ingress_ifindex;
    __u32 ifindex;
    __u32 tc_index;
    __u32 cb[5];
    __u32 hash;
    __u32 tc_classid;
    __u32 data;
    __u32 data_end;
    __u32 napi_id;
    __u32 family;
    __u32 remote_ip4;
    __u32 local_ip4;
    __u32 remote_ip6[4];
    __u32 local_ip6[4];
    __u32 remote_port;
    __u32 local_port;
    __u32 data_meta;
    __u64 flow_keys;
    __u64 tstamp;
    __u32 wire_len;
    __u32 gso_segs;
    __u64 sk;
    __u32 gso_size;
    __u8 tstamp_type;
    __u8 _pad181[3];
    __u64 hwtstamp;
};
#endif

/* Network byte order, also of constants. */
#define bpf_htons(x) ((__be16)__builtin_bswap16((__u16)(x)))
#define bpf_ntohs(x) ((__u16)__builtin_bswap16((__be16)(x)))
#define bpf_htonl(x) ((__be32)__builtin_bswap32((__u32)(x)))
#define bpf_ntohl(x) ((__u32)__builtin_bswap32((__be32)(x)))

/* Helpers, by Linux's number. What a hook allows is shown by `stingless hooks`. */
#ifndef bpf_map_lookup_elem
#define bpf_map_lookup_elem bpf_map_lookup_elem
static void *(*const bpf_map_lookup_elem)(void *map, const void *key) = (void *)1;
#endif
#ifndef bpf_map_update_elem
#define bpf_map_update_elem bpf_map_update_elem
static long (*const bpf_map_update_elem)(void *map, const void *key, const void *value, __u64 flags) = (void *)2;
#endif
#ifndef bpf_map_delete_elem
#define bpf_map_delete_elem bpf_map_delete_elem
static long (*const bpf_map_delete_elem)(void *map, const void *key) = (void *)3;
#endif
#ifndef bpf_ktime_get_ns
#define bpf_ktime_get_ns bpf_ktime_get_ns
static __u64 (*const bpf_ktime_get_ns)(void) = (void *)5;
#endif
#ifndef bpf_trace_printk
#define bpf_trace_printk bpf_trace_printk
static long (*const bpf_trace_printk)(const char *fmt, __u32 fmt_size, ...) = (void *)6;
#endif
#ifndef bpf_get_prandom_u32
#define bpf_get_prandom_u32 bpf_get_prandom_u32
static __u32 (*const bpf_get_prandom_u32)(void) = (void *)7;
#endif
#ifndef bpf_get_smp_processor_id
#define bpf_get_smp_processor_id bpf_get_smp_processor_id
static __u32 (*const bpf_get_smp_processor_id)(void) = (void *)8;
#endif
#ifndef bpf_skb_store_bytes
#define bpf_skb_store_bytes bpf_skb_store_bytes
static long (*const bpf_skb_store_bytes)(struct __sk_buff *skb, __u32 offset, const void *from, __u32 len, __u64 flags) = (void *)9;
#endif
#ifndef bpf_tail_call
#define bpf_tail_call bpf_tail_call
static long (*const bpf_tail_call)(void *ctx, void *prog_array_map, __u32 index) = (void *)12;
#endif
#ifndef bpf_skb_load_bytes
#define bpf_skb_load_bytes bpf_skb_load_bytes
static long (*const bpf_skb_load_bytes)(const void *skb, __u32 offset, void *to, __u32 len) = (void *)26;
#endif
#ifndef bpf_csum_diff
#define bpf_csum_diff bpf_csum_diff
static __s64 (*const bpf_csum_diff)(__be32 *from, __u32 from_size, __be32 *to, __u32 to_size, __u32 seed) = (void *)28;
#endif
#ifndef bpf_xdp_adjust_head
#define bpf_xdp_adjust_head bpf_xdp_adjust_head
static long (*const bpf_xdp_adjust_head)(struct xdp_md *xdp_md, int delta) = (void *)44;
#endif
#ifndef bpf_xdp_adjust_meta
#define bpf_xdp_adjust_meta bpf_xdp_adjust_meta
static long (*const bpf_xdp_adjust_meta)(struct xdp_md *xdp_md, int delta) = (void *)54;
#endif
#ifndef bpf_xdp_adjust_tail
#define bpf_xdp_adjust_tail bpf_xdp_adjust_tail
static long (*const bpf_xdp_adjust_tail)(struct xdp_md *xdp_md, int delta) = (void *)65;
#endif
#ifndef bpf_spin_lock
#define bpf_spin_lock bpf_spin_lock
static long (*const bpf_spin_lock)(struct bpf_spin_lock *lock) = (void *)93;
#endif
#ifndef bpf_spin_unlock
#define bpf_spin_unlock bpf_spin_unlock
static long (*const bpf_spin_unlock)(struct bpf_spin_lock *lock) = (void *)94;
#endif
#ifndef bpf_strtol
#define bpf_strtol bpf_strtol
static long (*const bpf_strtol)(const char *buf, unsigned long buf_len, __u64 flags, long *res) = (void *)105;
#endif
#ifndef bpf_strtoul
#define bpf_strtoul bpf_strtoul
static long (*const bpf_strtoul)(const char *buf, unsigned long buf_len, __u64 flags, unsigned long *res) = (void *)106;
#endif
#ifndef bpf_ktime_get_boot_ns
#define bpf_ktime_get_boot_ns bpf_ktime_get_boot_ns
static __u64 (*const bpf_ktime_get_boot_ns)(void) = (void *)125;
#endif
#ifndef bpf_ringbuf_output
#define bpf_ringbuf_output bpf_ringbuf_output
static long (*const bpf_ringbuf_output)(void *ringbuf, void *data, __u64 size, __u64 flags) = (void *)130;
#endif
#ifndef bpf_ringbuf_reserve
#define bpf_ringbuf_reserve bpf_ringbuf_reserve
static void *(*const bpf_ringbuf_reserve)(void *ringbuf, __u64 size, __u64 flags) = (void *)131;
#endif
#ifndef bpf_ringbuf_submit
#define bpf_ringbuf_submit bpf_ringbuf_submit
static void (*const bpf_ringbuf_submit)(void *data, __u64 flags) = (void *)132;
#endif
#ifndef bpf_ringbuf_discard
#define bpf_ringbuf_discard bpf_ringbuf_discard
static void (*const bpf_ringbuf_discard)(void *data, __u64 flags) = (void *)133;
#endif
#ifndef bpf_ringbuf_query
#define bpf_ringbuf_query bpf_ringbuf_query
static __u64 (*const bpf_ringbuf_query)(void *ringbuf, __u64 flags) = (void *)134;
#endif
#ifndef bpf_ktime_get_coarse_ns
#define bpf_ktime_get_coarse_ns bpf_ktime_get_coarse_ns
static __u64 (*const bpf_ktime_get_coarse_ns)(void) = (void *)160;
#endif
#ifndef bpf_for_each_map_elem
#define bpf_for_each_map_elem bpf_for_each_map_elem
static long (*const bpf_for_each_map_elem)(void *map, void *callback_fn, void *callback_ctx, __u64 flags) = (void *)164;
#endif
#ifndef bpf_loop
#define bpf_loop bpf_loop
static long (*const bpf_loop)(__u32 nr_loops, void *callback_fn, void *callback_ctx, __u64 flags) = (void *)181;
#endif
#ifndef bpf_strncmp
#define bpf_strncmp bpf_strncmp
static long (*const bpf_strncmp)(const char *s1, __u32 s1_sz, const char *s2) = (void *)182;
#endif

/* Iterators: on the stack, and touched by their functions alone. What is made is destroyed on every way out. */
struct bpf_iter_num {
    __u64 __opaque[1];
} __attribute__((aligned(8)));

#ifndef bpf_iter_num_new
#define bpf_iter_num_new bpf_iter_num_new
extern int bpf_iter_num_new(struct bpf_iter_num *it, int start, int end) __weak __ksym;
#endif
#ifndef bpf_iter_num_next
#define bpf_iter_num_next bpf_iter_num_next
extern int *bpf_iter_num_next(struct bpf_iter_num *it) __weak __ksym;
#endif
#ifndef bpf_iter_num_destroy
#define bpf_iter_num_destroy bpf_iter_num_destroy
extern void bpf_iter_num_destroy(struct bpf_iter_num *it) __weak __ksym;
#endif

/* The head of a loop over iterator `kind`, which is destroyed however the loop is left. The second variable is there for
 * what its initialiser does; naming the destructor makes clang describe its type. */
#define __bpf_each_head(kind, step, args...)                                                            \
    for (struct bpf_iter_##kind ____iter __attribute__((aligned(8), cleanup(bpf_iter_##kind##_destroy))), \
         *____made __attribute__((unused)) = (bpf_iter_##kind##_new(&____iter, ##args),                   \
                                              (void)bpf_iter_##kind##_destroy, (void *)0);                \
         (step);)

/* for (each element of an iterator): `cur` points to it. */
#define bpf_for_each(kind, cur, args...) \
    __bpf_each_head(kind, (cur) = bpf_iter_##kind##_next(&____iter), ##args)

/* for (i = start; i < end; i++), verified once or twice whatever the bounds. They are asked again for each number, so
 * that the verifier knows them of `i`: constants or variables that the body leaves alone. */
#define bpf_for(i, start, end)                                                                      \
    __bpf_each_head(num,                                                                            \
                    ({                                                                              \
                        const int *____at = bpf_iter_num_next(&____iter);                           \
                        ____at ? ((i) = *____at, (i) >= (start) && (i) < (end)) : 0;                \
                    }),                                                                             \
                    (start), (end))

/* Does the body `n` times. */
#define bpf_repeat(n) __bpf_each_head(num, bpf_iter_num_next(&____iter), 0, (n))

/* Prints a line for people who debug: up to three numbers. */
#define bpf_printk(fmt, args...)                                \
    ({                                                          \
        static const char ____fmt[] = fmt;                      \
        bpf_trace_printk(____fmt, sizeof(____fmt), ##args);     \
    })

#endif
