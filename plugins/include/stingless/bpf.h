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
    BPF_MAP_TYPE_PERF_EVENT_ARRAY = 4,
    BPF_MAP_TYPE_PERCPU_HASH = 5,
    BPF_MAP_TYPE_PERCPU_ARRAY = 6,
    BPF_MAP_TYPE_CGROUP_ARRAY = 8,
    BPF_MAP_TYPE_LRU_HASH = 9,
    BPF_MAP_TYPE_LRU_PERCPU_HASH = 10,
    BPF_MAP_TYPE_LPM_TRIE = 11,
    BPF_MAP_TYPE_ARRAY_OF_MAPS = 12,
    BPF_MAP_TYPE_HASH_OF_MAPS = 13,
    BPF_MAP_TYPE_DEVMAP = 14,
    BPF_MAP_TYPE_SOCKMAP = 15,
    BPF_MAP_TYPE_CPUMAP = 16,
    BPF_MAP_TYPE_XSKMAP = 17,
    BPF_MAP_TYPE_SOCKHASH = 18,
    BPF_MAP_TYPE_QUEUE = 22,
    BPF_MAP_TYPE_STACK = 23,
    BPF_MAP_TYPE_SK_STORAGE = 24,
    BPF_MAP_TYPE_DEVMAP_HASH = 25,
    BPF_MAP_TYPE_RINGBUF = 27,
    BPF_MAP_TYPE_BLOOM_FILTER = 30,
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

/* Flags of helpers that change a packet. */
enum {
    BPF_F_RECOMPUTE_CSUM = 1 << 0,
    BPF_F_INVALIDATE_HASH = 1 << 1,
    BPF_F_HDR_FIELD_MASK = 0xf,
    BPF_F_PSEUDO_HDR = 1 << 4,
    BPF_F_MARK_MANGLED_0 = 1 << 5,
    BPF_F_MARK_ENFORCE = 1 << 6,
    BPF_F_IPV6 = 1 << 7,
    BPF_F_INGRESS = 1 << 0,
    BPF_F_BROADCAST = 1 << 3,
    BPF_F_EXCLUDE_INGRESS = 1 << 4,
    BPF_F_ADJ_ROOM_FIXED_GSO = 1 << 0,
    BPF_F_ADJ_ROOM_ENCAP_L3_IPV4 = 1 << 1,
    BPF_F_ADJ_ROOM_ENCAP_L3_IPV6 = 1 << 2,
    BPF_F_ADJ_ROOM_ENCAP_L4_GRE = 1 << 3,
    BPF_F_ADJ_ROOM_ENCAP_L4_UDP = 1 << 4,
    BPF_F_ADJ_ROOM_NO_CSUM_RESET = 1 << 5,
    BPF_F_ADJ_ROOM_ENCAP_L2_ETH = 1 << 6,
    BPF_F_ADJ_ROOM_DECAP_L3_IPV4 = 1 << 7,
    BPF_F_ADJ_ROOM_DECAP_L3_IPV6 = 1 << 8,
};
enum bpf_adj_room_mode { BPF_ADJ_ROOM_NET, BPF_ADJ_ROOM_MAC };
enum bpf_hdr_start_off { BPF_HDR_START_MAC, BPF_HDR_START_NET };

/* Of bpf_perf_event_output. */
#define BPF_F_INDEX_MASK 0xffffffffULL
#define BPF_F_CURRENT_CPU BPF_F_INDEX_MASK

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
    struct bpf_sock *sk;
    __u32 gso_size;
    __u8 tstamp_type;
    __u8 _pad181[3];
    __u64 hwtstamp;
};
#endif

/* What helpers take. */
struct bpf_fib_lookup {
    __u8 family;
    __u8 l4_protocol;
    __be16 sport;
    __be16 dport;
    __u16 tot_len;
    __u32 ifindex;
    union { __u8 tos; __be32 flowinfo; __u32 rt_metric; };
    union { __be32 ipv4_src; __u32 ipv6_src[4]; };
    union { __be32 ipv4_dst; __u32 ipv6_dst[4]; };
    union {
        struct { __be16 h_vlan_proto; __be16 h_vlan_TCI; };
        __u32 tbid;
    };
    union {
        struct { __u32 mark; };
        struct { __u8 smac[6]; __u8 dmac[6]; };
    };
};

struct bpf_redir_neigh {
    __u32 nh_family;
    union { __be32 ipv4_nh; __u32 ipv6_nh[4]; };
};

struct bpf_tunnel_key {
    __u32 tunnel_id;
    union { __u32 remote_ipv4; __u32 remote_ipv6[4]; };
    __u8 tunnel_tos;
    __u8 tunnel_ttl;
    union { __u16 tunnel_ext; __be16 tunnel_flags; };
    __u32 tunnel_label;
    union { __u32 local_ipv4; __u32 local_ipv6[4]; };
};

#define BPF_SK_STORAGE_GET_F_CREATE 1ULL

struct bpf_sock {
    __u32 bound_dev_if;
    __u32 family;
    __u32 type;
    __u32 protocol;
    __u32 mark;
    __u32 priority;
    __u32 src_ip4;
    __u32 src_ip6[4];
    __u32 src_port;
    __be16 dst_port;
    __be32 dst_ip4;
    __u32 dst_ip6[4];
    __u32 state;
    __s32 rx_queue_mapping;
};

struct tcphdr;

struct bpf_tcp_sock {
    __u32 snd_cwnd;
    __u32 srtt_us;
    __u32 rtt_min;
    __u32 snd_ssthresh;
    __u32 rcv_nxt;
    __u32 snd_nxt;
    __u32 snd_una;
    __u32 mss_cache;
    __u32 ecn_flags;
    __u32 rate_delivered;
    __u32 rate_interval_us;
    __u32 packets_out;
    __u32 retrans_out;
    __u32 total_retrans;
    __u32 segs_in;
    __u32 data_segs_in;
    __u32 segs_out;
    __u32 data_segs_out;
    __u32 lost_out;
    __u32 sacked_out;
    __u64 bytes_received;
    __u64 bytes_acked;
    __u32 dsack_dups;
    __u32 delivered;
    __u32 delivered_ce;
    __u32 icsk_retransmits;
};

struct bpf_sock_tuple {
    union {
        struct { __be32 saddr; __be32 daddr; __be16 sport; __be16 dport; } ipv4;
        struct { __be32 saddr[4]; __be32 daddr[4]; __be16 sport; __be16 dport; } ipv6;
    };
};

struct bpf_pidns_info {
    __u32 pid;
    __u32 tgid;
};

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
#ifndef bpf_l3_csum_replace
#define bpf_l3_csum_replace bpf_l3_csum_replace
static long (*const bpf_l3_csum_replace)(struct __sk_buff *skb, __u32 offset, __u64 from, __u64 to, __u64 flags) = (void *)10;
#endif
#ifndef bpf_l4_csum_replace
#define bpf_l4_csum_replace bpf_l4_csum_replace
static long (*const bpf_l4_csum_replace)(struct __sk_buff *skb, __u32 offset, __u64 from, __u64 to, __u64 flags) = (void *)11;
#endif
#ifndef bpf_tail_call
#define bpf_tail_call bpf_tail_call
static void (*const bpf_tail_call)(void *ctx, void *prog_array_map, __u32 index) = (void *)12;
#endif
#ifndef bpf_clone_redirect
#define bpf_clone_redirect bpf_clone_redirect
static long (*const bpf_clone_redirect)(struct __sk_buff *skb, __u32 ifindex, __u64 flags) = (void *)13;
#endif
#ifndef bpf_get_current_pid_tgid
#define bpf_get_current_pid_tgid bpf_get_current_pid_tgid
static __u64 (*const bpf_get_current_pid_tgid)(void) = (void *)14;
#endif
#ifndef bpf_get_current_uid_gid
#define bpf_get_current_uid_gid bpf_get_current_uid_gid
static __u64 (*const bpf_get_current_uid_gid)(void) = (void *)15;
#endif
#ifndef bpf_get_current_comm
#define bpf_get_current_comm bpf_get_current_comm
static long (*const bpf_get_current_comm)(void *buf, __u32 size_of_buf) = (void *)16;
#endif
#ifndef bpf_get_cgroup_classid
#define bpf_get_cgroup_classid bpf_get_cgroup_classid
static __u32 (*const bpf_get_cgroup_classid)(struct __sk_buff *skb) = (void *)17;
#endif
#ifndef bpf_skb_vlan_push
#define bpf_skb_vlan_push bpf_skb_vlan_push
static long (*const bpf_skb_vlan_push)(struct __sk_buff *skb, __be16 vlan_proto, __u16 vlan_tci) = (void *)18;
#endif
#ifndef bpf_skb_vlan_pop
#define bpf_skb_vlan_pop bpf_skb_vlan_pop
static long (*const bpf_skb_vlan_pop)(struct __sk_buff *skb) = (void *)19;
#endif
#ifndef bpf_skb_get_tunnel_key
#define bpf_skb_get_tunnel_key bpf_skb_get_tunnel_key
static long (*const bpf_skb_get_tunnel_key)(struct __sk_buff *skb, struct bpf_tunnel_key *key, __u32 size, __u64 flags) = (void *)20;
#endif
#ifndef bpf_skb_set_tunnel_key
#define bpf_skb_set_tunnel_key bpf_skb_set_tunnel_key
static long (*const bpf_skb_set_tunnel_key)(struct __sk_buff *skb, struct bpf_tunnel_key *key, __u32 size, __u64 flags) = (void *)21;
#endif
#ifndef bpf_redirect
#define bpf_redirect bpf_redirect
static long (*const bpf_redirect)(__u32 ifindex, __u64 flags) = (void *)23;
#endif
#ifndef bpf_get_route_realm
#define bpf_get_route_realm bpf_get_route_realm
static __u32 (*const bpf_get_route_realm)(struct __sk_buff *skb) = (void *)24;
#endif
#ifndef bpf_perf_event_output
#define bpf_perf_event_output bpf_perf_event_output
static long (*const bpf_perf_event_output)(void *ctx, void *map, __u64 flags, void *data, __u64 size) = (void *)25;
#endif
#ifndef bpf_skb_load_bytes
#define bpf_skb_load_bytes bpf_skb_load_bytes
static long (*const bpf_skb_load_bytes)(const void *skb, __u32 offset, void *to, __u32 len) = (void *)26;
#endif
#ifndef bpf_csum_diff
#define bpf_csum_diff bpf_csum_diff
static __s64 (*const bpf_csum_diff)(__be32 *from, __u32 from_size, __be32 *to, __u32 to_size, __u32 seed) = (void *)28;
#endif
#ifndef bpf_skb_get_tunnel_opt
#define bpf_skb_get_tunnel_opt bpf_skb_get_tunnel_opt
static long (*const bpf_skb_get_tunnel_opt)(struct __sk_buff *skb, void *opt, __u32 size) = (void *)29;
#endif
#ifndef bpf_skb_set_tunnel_opt
#define bpf_skb_set_tunnel_opt bpf_skb_set_tunnel_opt
static long (*const bpf_skb_set_tunnel_opt)(struct __sk_buff *skb, void *opt, __u32 size) = (void *)30;
#endif
#ifndef bpf_skb_change_proto
#define bpf_skb_change_proto bpf_skb_change_proto
static long (*const bpf_skb_change_proto)(struct __sk_buff *skb, __be16 proto, __u64 flags) = (void *)31;
#endif
#ifndef bpf_skb_change_type
#define bpf_skb_change_type bpf_skb_change_type
static long (*const bpf_skb_change_type)(struct __sk_buff *skb, __u32 type) = (void *)32;
#endif
#ifndef bpf_skb_under_cgroup
#define bpf_skb_under_cgroup bpf_skb_under_cgroup
static long (*const bpf_skb_under_cgroup)(struct __sk_buff *skb, void *map, __u32 index) = (void *)33;
#endif
#ifndef bpf_get_hash_recalc
#define bpf_get_hash_recalc bpf_get_hash_recalc
static __u32 (*const bpf_get_hash_recalc)(struct __sk_buff *skb) = (void *)34;
#endif
#ifndef bpf_current_task_under_cgroup
#define bpf_current_task_under_cgroup bpf_current_task_under_cgroup
static long (*const bpf_current_task_under_cgroup)(void *map, __u32 index) = (void *)37;
#endif
#ifndef bpf_skb_change_tail
#define bpf_skb_change_tail bpf_skb_change_tail
static long (*const bpf_skb_change_tail)(struct __sk_buff *skb, __u32 len, __u64 flags) = (void *)38;
#endif
#ifndef bpf_skb_pull_data
#define bpf_skb_pull_data bpf_skb_pull_data
static long (*const bpf_skb_pull_data)(struct __sk_buff *skb, __u32 len) = (void *)39;
#endif
#ifndef bpf_csum_update
#define bpf_csum_update bpf_csum_update
static __s64 (*const bpf_csum_update)(struct __sk_buff *skb, __u32 csum) = (void *)40;
#endif
#ifndef bpf_set_hash_invalid
#define bpf_set_hash_invalid bpf_set_hash_invalid
static void (*const bpf_set_hash_invalid)(struct __sk_buff *skb) = (void *)41;
#endif
#ifndef bpf_get_numa_node_id
#define bpf_get_numa_node_id bpf_get_numa_node_id
static long (*const bpf_get_numa_node_id)(void) = (void *)42;
#endif
#ifndef bpf_skb_change_head
#define bpf_skb_change_head bpf_skb_change_head
static long (*const bpf_skb_change_head)(struct __sk_buff *skb, __u32 len, __u64 flags) = (void *)43;
#endif
#ifndef bpf_xdp_adjust_head
#define bpf_xdp_adjust_head bpf_xdp_adjust_head
static long (*const bpf_xdp_adjust_head)(struct xdp_md *xdp_md, int delta) = (void *)44;
#endif
#ifndef bpf_get_socket_cookie
#define bpf_get_socket_cookie bpf_get_socket_cookie
static __u64 (*const bpf_get_socket_cookie)(void *ctx) = (void *)46;
#endif
#ifndef bpf_get_socket_uid
#define bpf_get_socket_uid bpf_get_socket_uid
static __u32 (*const bpf_get_socket_uid)(struct __sk_buff *skb) = (void *)47;
#endif
#ifndef bpf_set_hash
#define bpf_set_hash bpf_set_hash
static long (*const bpf_set_hash)(struct __sk_buff *skb, __u32 hash) = (void *)48;
#endif
#ifndef bpf_skb_adjust_room
#define bpf_skb_adjust_room bpf_skb_adjust_room
static long (*const bpf_skb_adjust_room)(struct __sk_buff *skb, __s32 len_diff, __u32 mode, __u64 flags) = (void *)50;
#endif
#ifndef bpf_redirect_map
#define bpf_redirect_map bpf_redirect_map
static long (*const bpf_redirect_map)(void *map, __u64 key, __u64 flags) = (void *)51;
#endif
#ifndef bpf_xdp_adjust_meta
#define bpf_xdp_adjust_meta bpf_xdp_adjust_meta
static long (*const bpf_xdp_adjust_meta)(struct xdp_md *xdp_md, int delta) = (void *)54;
#endif
#ifndef bpf_xdp_adjust_tail
#define bpf_xdp_adjust_tail bpf_xdp_adjust_tail
static long (*const bpf_xdp_adjust_tail)(struct xdp_md *xdp_md, int delta) = (void *)65;
#endif
#ifndef bpf_skb_load_bytes_relative
#define bpf_skb_load_bytes_relative bpf_skb_load_bytes_relative
static long (*const bpf_skb_load_bytes_relative)(const void *skb, __u32 offset, void *to, __u32 len, __u32 start_header) = (void *)68;
#endif
#ifndef bpf_fib_lookup
#define bpf_fib_lookup bpf_fib_lookup
static long (*const bpf_fib_lookup)(void *ctx, struct bpf_fib_lookup *params, int plen, __u32 flags) = (void *)69;
#endif
#ifndef bpf_skb_cgroup_id
#define bpf_skb_cgroup_id bpf_skb_cgroup_id
static __u64 (*const bpf_skb_cgroup_id)(struct __sk_buff *skb) = (void *)79;
#endif
#ifndef bpf_skb_ancestor_cgroup_id
#define bpf_skb_ancestor_cgroup_id bpf_skb_ancestor_cgroup_id
static __u64 (*const bpf_skb_ancestor_cgroup_id)(struct __sk_buff *skb, int ancestor_level) = (void *)83;
#endif
#ifndef bpf_sk_lookup_tcp
#define bpf_sk_lookup_tcp bpf_sk_lookup_tcp
static struct bpf_sock *(*const bpf_sk_lookup_tcp)(void *ctx, struct bpf_sock_tuple *tuple, __u32 tuple_size, __u64 netns, __u64 flags) = (void *)84;
#endif
#ifndef bpf_sk_lookup_udp
#define bpf_sk_lookup_udp bpf_sk_lookup_udp
static struct bpf_sock *(*const bpf_sk_lookup_udp)(void *ctx, struct bpf_sock_tuple *tuple, __u32 tuple_size, __u64 netns, __u64 flags) = (void *)85;
#endif
#ifndef bpf_sk_release
#define bpf_sk_release bpf_sk_release
static long (*const bpf_sk_release)(void *sock) = (void *)86;
#endif
#ifndef bpf_sk_storage_get
#define bpf_sk_storage_get bpf_sk_storage_get
static void *(*const bpf_sk_storage_get)(void *map, void *sk, void *value, __u64 flags) = (void *)107;
#endif
#ifndef bpf_sk_storage_delete
#define bpf_sk_storage_delete bpf_sk_storage_delete
static long (*const bpf_sk_storage_delete)(void *map, void *sk) = (void *)108;
#endif
#ifndef bpf_sk_fullsock
#define bpf_sk_fullsock bpf_sk_fullsock
static struct bpf_sock *(*const bpf_sk_fullsock)(void *sk) = (void *)95;
#endif
#ifndef bpf_tcp_sock
#define bpf_tcp_sock bpf_tcp_sock
static struct bpf_tcp_sock *(*const bpf_tcp_sock)(void *sk) = (void *)96;
#endif
#ifndef bpf_get_listener_sock
#define bpf_get_listener_sock bpf_get_listener_sock
static struct bpf_sock *(*const bpf_get_listener_sock)(void *sk) = (void *)98;
#endif
#ifndef bpf_tcp_check_syncookie
#define bpf_tcp_check_syncookie bpf_tcp_check_syncookie
static long (*const bpf_tcp_check_syncookie)(void *sk, void *iph, __u32 iph_len, struct tcphdr *th, __u32 th_len) = (void *)100;
#endif
#ifndef bpf_tcp_gen_syncookie
#define bpf_tcp_gen_syncookie bpf_tcp_gen_syncookie
static __s64 (*const bpf_tcp_gen_syncookie)(void *sk, void *iph, __u32 iph_len, struct tcphdr *th, __u32 th_len) = (void *)110;
#endif
#ifndef bpf_sk_assign
#define bpf_sk_assign bpf_sk_assign
static long (*const bpf_sk_assign)(void *ctx, void *sk, __u64 flags) = (void *)124;
#endif
#ifndef bpf_get_current_task
#define bpf_get_current_task bpf_get_current_task
static __u64 (*const bpf_get_current_task)(void) = (void *)35;
#endif
#ifndef bpf_map_push_elem
#define bpf_map_push_elem bpf_map_push_elem
static long (*const bpf_map_push_elem)(void *map, const void *value, __u64 flags) = (void *)87;
#endif
#ifndef bpf_map_pop_elem
#define bpf_map_pop_elem bpf_map_pop_elem
static long (*const bpf_map_pop_elem)(void *map, void *value) = (void *)88;
#endif
#ifndef bpf_map_peek_elem
#define bpf_map_peek_elem bpf_map_peek_elem
static long (*const bpf_map_peek_elem)(void *map, void *value) = (void *)89;
#endif
#ifndef bpf_spin_lock
#define bpf_spin_lock bpf_spin_lock
static long (*const bpf_spin_lock)(struct bpf_spin_lock *lock) = (void *)93;
#endif
#ifndef bpf_spin_unlock
#define bpf_spin_unlock bpf_spin_unlock
static long (*const bpf_spin_unlock)(struct bpf_spin_lock *lock) = (void *)94;
#endif
#ifndef bpf_skb_ecn_set_ce
#define bpf_skb_ecn_set_ce bpf_skb_ecn_set_ce
static long (*const bpf_skb_ecn_set_ce)(struct __sk_buff *skb) = (void *)97;
#endif
#ifndef bpf_skc_lookup_tcp
#define bpf_skc_lookup_tcp bpf_skc_lookup_tcp
static struct bpf_sock *(*const bpf_skc_lookup_tcp)(void *ctx, struct bpf_sock_tuple *tuple, __u32 tuple_size, __u64 netns, __u64 flags) = (void *)99;
#endif
#ifndef bpf_strtol
#define bpf_strtol bpf_strtol
static long (*const bpf_strtol)(const char *buf, unsigned long buf_len, __u64 flags, long *res) = (void *)105;
#endif
#ifndef bpf_strtoul
#define bpf_strtoul bpf_strtoul
static long (*const bpf_strtoul)(const char *buf, unsigned long buf_len, __u64 flags, unsigned long *res) = (void *)106;
#endif
#ifndef bpf_jiffies64
#define bpf_jiffies64 bpf_jiffies64
static __u64 (*const bpf_jiffies64)(void) = (void *)118;
#endif
#ifndef bpf_get_ns_current_pid_tgid
#define bpf_get_ns_current_pid_tgid bpf_get_ns_current_pid_tgid
static long (*const bpf_get_ns_current_pid_tgid)(__u64 dev, __u64 ino, struct bpf_pidns_info *nsdata, __u32 size) = (void *)120;
#endif
#ifndef bpf_get_netns_cookie
#define bpf_get_netns_cookie bpf_get_netns_cookie
static __u64 (*const bpf_get_netns_cookie)(void *ctx) = (void *)122;
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
#ifndef bpf_csum_level
#define bpf_csum_level bpf_csum_level
static long (*const bpf_csum_level)(struct __sk_buff *skb, __u64 level) = (void *)135;
#endif
#ifndef bpf_skb_cgroup_classid
#define bpf_skb_cgroup_classid bpf_skb_cgroup_classid
static __u64 (*const bpf_skb_cgroup_classid)(struct __sk_buff *skb) = (void *)151;
#endif
#ifndef bpf_redirect_neigh
#define bpf_redirect_neigh bpf_redirect_neigh
static long (*const bpf_redirect_neigh)(__u32 ifindex, struct bpf_redir_neigh *params, int plen, __u64 flags) = (void *)152;
#endif
#ifndef bpf_redirect_peer
#define bpf_redirect_peer bpf_redirect_peer
static long (*const bpf_redirect_peer)(__u32 ifindex, __u64 flags) = (void *)155;
#endif
#ifndef bpf_ktime_get_coarse_ns
#define bpf_ktime_get_coarse_ns bpf_ktime_get_coarse_ns
static __u64 (*const bpf_ktime_get_coarse_ns)(void) = (void *)160;
#endif
#ifndef bpf_check_mtu
#define bpf_check_mtu bpf_check_mtu
static long (*const bpf_check_mtu)(void *ctx, __u32 ifindex, __u32 *mtu_len, __s32 len_diff, __u64 flags) = (void *)163;
#endif
#ifndef bpf_for_each_map_elem
#define bpf_for_each_map_elem bpf_for_each_map_elem
static long (*const bpf_for_each_map_elem)(void *map, void *callback_fn, void *callback_ctx, __u64 flags) = (void *)164;
#endif
#ifndef bpf_snprintf
#define bpf_snprintf bpf_snprintf
static long (*const bpf_snprintf)(char *str, __u32 str_size, const char *fmt, __u64 *data, __u32 data_len) = (void *)165;
#endif
#ifndef bpf_trace_vprintk
#define bpf_trace_vprintk bpf_trace_vprintk
static long (*const bpf_trace_vprintk)(const char *fmt, __u32 fmt_size, const void *data, __u32 data_len) = (void *)177;
#endif
#ifndef bpf_loop
#define bpf_loop bpf_loop
static long (*const bpf_loop)(__u32 nr_loops, void *callback_fn, void *callback_ctx, __u64 flags) = (void *)181;
#endif
#ifndef bpf_strncmp
#define bpf_strncmp bpf_strncmp
static long (*const bpf_strncmp)(const char *s1, __u32 s1_sz, const char *s2) = (void *)182;
#endif
#ifndef bpf_xdp_get_buff_len
#define bpf_xdp_get_buff_len bpf_xdp_get_buff_len
static __u64 (*const bpf_xdp_get_buff_len)(struct xdp_md *xdp_md) = (void *)188;
#endif
#ifndef bpf_xdp_load_bytes
#define bpf_xdp_load_bytes bpf_xdp_load_bytes
static long (*const bpf_xdp_load_bytes)(struct xdp_md *xdp_md, __u32 offset, void *buf, __u32 len) = (void *)189;
#endif
#ifndef bpf_xdp_store_bytes
#define bpf_xdp_store_bytes bpf_xdp_store_bytes
static long (*const bpf_xdp_store_bytes)(struct xdp_md *xdp_md, __u32 offset, void *buf, __u32 len) = (void *)190;
#endif
#ifndef bpf_skb_set_tstamp
#define bpf_skb_set_tstamp bpf_skb_set_tstamp
static long (*const bpf_skb_set_tstamp)(struct __sk_buff *skb, __u64 tstamp, __u32 tstamp_type) = (void *)192;
#endif
#ifndef bpf_map_lookup_percpu_elem
#define bpf_map_lookup_percpu_elem bpf_map_lookup_percpu_elem
static void *(*const bpf_map_lookup_percpu_elem)(void *map, const void *key, __u32 cpu) = (void *)195;
#endif
#ifndef bpf_ktime_get_tai_ns
#define bpf_ktime_get_tai_ns bpf_ktime_get_tai_ns
static __u64 (*const bpf_ktime_get_tai_ns)(void) = (void *)208;
#endif

/* Dynptrs: views of memory, on the stack, and touched by their functions alone. */
struct bpf_dynptr {
    __u64 __opaque[2];
} __attribute__((aligned(8)));

#ifndef bpf_dynptr_from_mem
#define bpf_dynptr_from_mem bpf_dynptr_from_mem
static long (*const bpf_dynptr_from_mem)(void *data, __u32 size, __u64 flags, struct bpf_dynptr *ptr) = (void *)197;
#endif
#ifndef bpf_ringbuf_reserve_dynptr
#define bpf_ringbuf_reserve_dynptr bpf_ringbuf_reserve_dynptr
static long (*const bpf_ringbuf_reserve_dynptr)(void *ringbuf, __u32 size, __u64 flags, struct bpf_dynptr *ptr) = (void *)198;
#endif
#ifndef bpf_ringbuf_submit_dynptr
#define bpf_ringbuf_submit_dynptr bpf_ringbuf_submit_dynptr
static void (*const bpf_ringbuf_submit_dynptr)(struct bpf_dynptr *ptr, __u64 flags) = (void *)199;
#endif
#ifndef bpf_ringbuf_discard_dynptr
#define bpf_ringbuf_discard_dynptr bpf_ringbuf_discard_dynptr
static void (*const bpf_ringbuf_discard_dynptr)(struct bpf_dynptr *ptr, __u64 flags) = (void *)200;
#endif
#ifndef bpf_dynptr_read
#define bpf_dynptr_read bpf_dynptr_read
static long (*const bpf_dynptr_read)(void *dst, __u32 len, const struct bpf_dynptr *src, __u32 offset, __u64 flags) = (void *)201;
#endif
#ifndef bpf_dynptr_write
#define bpf_dynptr_write bpf_dynptr_write
static long (*const bpf_dynptr_write)(const struct bpf_dynptr *dst, __u32 offset, void *src, __u32 len, __u64 flags) = (void *)202;
#endif
#ifndef bpf_dynptr_data
#define bpf_dynptr_data bpf_dynptr_data
static void *(*const bpf_dynptr_data)(const struct bpf_dynptr *ptr, __u32 offset, __u32 len) = (void *)203;
#endif
#ifndef bpf_dynptr_from_xdp
#define bpf_dynptr_from_xdp bpf_dynptr_from_xdp
extern int bpf_dynptr_from_xdp(struct xdp_md *xdp_md, __u64 flags, struct bpf_dynptr *ptr) __weak __ksym;
#endif
#ifndef bpf_dynptr_from_skb
#define bpf_dynptr_from_skb bpf_dynptr_from_skb
extern int bpf_dynptr_from_skb(struct __sk_buff *skb, __u64 flags, struct bpf_dynptr *ptr) __weak __ksym;
#endif
#ifndef bpf_dynptr_from_skb_meta
#define bpf_dynptr_from_skb_meta bpf_dynptr_from_skb_meta
extern int bpf_dynptr_from_skb_meta(struct __sk_buff *skb, __u64 flags, struct bpf_dynptr *ptr) __weak __ksym;
#endif
#ifndef bpf_dynptr_slice
#define bpf_dynptr_slice bpf_dynptr_slice
extern void *bpf_dynptr_slice(const struct bpf_dynptr *p, __u32 offset, void *buffer, __u32 size) __weak __ksym;
#endif
#ifndef bpf_dynptr_slice_rdwr
#define bpf_dynptr_slice_rdwr bpf_dynptr_slice_rdwr
extern void *bpf_dynptr_slice_rdwr(const struct bpf_dynptr *p, __u32 offset, void *buffer, __u32 size) __weak __ksym;
#endif
#ifndef bpf_dynptr_adjust
#define bpf_dynptr_adjust bpf_dynptr_adjust
extern int bpf_dynptr_adjust(const struct bpf_dynptr *p, __u32 start, __u32 end) __weak __ksym;
#endif
#ifndef bpf_dynptr_is_null
#define bpf_dynptr_is_null bpf_dynptr_is_null
extern _Bool bpf_dynptr_is_null(const struct bpf_dynptr *p) __weak __ksym;
#endif
#ifndef bpf_dynptr_is_rdonly
#define bpf_dynptr_is_rdonly bpf_dynptr_is_rdonly
extern _Bool bpf_dynptr_is_rdonly(const struct bpf_dynptr *p) __weak __ksym;
#endif
#ifndef bpf_dynptr_size
#define bpf_dynptr_size bpf_dynptr_size
extern __u32 bpf_dynptr_size(const struct bpf_dynptr *p) __weak __ksym;
#endif
#ifndef bpf_dynptr_clone
#define bpf_dynptr_clone bpf_dynptr_clone
extern int bpf_dynptr_clone(const struct bpf_dynptr *p, struct bpf_dynptr *clone) __weak __ksym;
#endif
#ifndef bpf_dynptr_copy
#define bpf_dynptr_copy bpf_dynptr_copy
extern int bpf_dynptr_copy(const struct bpf_dynptr *dst_ptr, __u32 dst_off, const struct bpf_dynptr *src_ptr, __u32 src_off, __u32 size) __weak __ksym;
#endif
#ifndef bpf_dynptr_memset
#define bpf_dynptr_memset bpf_dynptr_memset
extern int bpf_dynptr_memset(const struct bpf_dynptr *p, __u32 offset, __u32 size, __u8 val) __weak __ksym;
#endif

/* What a device said of a frame: 0, -EOPNOTSUPP or -ENODATA. */
#ifndef bpf_xdp_metadata_rx_timestamp
#define bpf_xdp_metadata_rx_timestamp bpf_xdp_metadata_rx_timestamp
extern int bpf_xdp_metadata_rx_timestamp(const struct xdp_md *ctx, __u64 *timestamp) __weak __ksym;
#endif
#ifndef bpf_xdp_metadata_rx_hash
#define bpf_xdp_metadata_rx_hash bpf_xdp_metadata_rx_hash
extern int bpf_xdp_metadata_rx_hash(const struct xdp_md *ctx, __u32 *hash, __u32 *rss_type) __weak __ksym;
#endif
#ifndef bpf_xdp_metadata_rx_vlan_tag
#define bpf_xdp_metadata_rx_vlan_tag bpf_xdp_metadata_rx_vlan_tag
extern int bpf_xdp_metadata_rx_vlan_tag(const struct xdp_md *ctx, __be16 *vlan_proto, __u16 *vlan_tci) __weak __ksym;
#endif
#ifndef bpf_xdp_pull_data
#define bpf_xdp_pull_data bpf_xdp_pull_data
extern int bpf_xdp_pull_data(struct xdp_md *x, __u32 len) __weak __ksym;
#endif
#ifndef bpf_map_sum_elem_count
#define bpf_map_sum_elem_count bpf_map_sum_elem_count
extern long bpf_map_sum_elem_count(const void *map) __weak __ksym;
#endif
#ifndef bpf_stream_vprintk_impl
#define bpf_stream_vprintk_impl bpf_stream_vprintk_impl
extern int bpf_stream_vprintk_impl(int stream_id, const char *fmt, const void *args, __u32 len, void *aux) __weak __ksym;
#endif

/* An IPsec state that a packet came through. */
struct bpf_xfrm_state {
    __u32 reqid;
    __u32 spi; /* Network byte order, as is the address. */
    __u16 family;
    __u16 ext;
    union {
        __u32 remote_ipv4;
        __u32 remote_ipv6[4];
    };
};

#ifndef bpf_skb_get_xfrm_state
#define bpf_skb_get_xfrm_state bpf_skb_get_xfrm_state
static long (*const bpf_skb_get_xfrm_state)(struct __sk_buff *skb, __u32 index, struct bpf_xfrm_state *xfrm_state, __u32 size, __u64 flags) = (void *)66;
#endif
#ifndef bpf_get_current_cgroup_id
#define bpf_get_current_cgroup_id bpf_get_current_cgroup_id
static __u64 (*const bpf_get_current_cgroup_id)(void) = (void *)80;
#endif
#ifndef bpf_get_current_ancestor_cgroup_id
#define bpf_get_current_ancestor_cgroup_id bpf_get_current_ancestor_cgroup_id
static __u64 (*const bpf_get_current_ancestor_cgroup_id)(int ancestor_level) = (void *)123;
#endif

/* SYN cookies without a socket. The headers are `struct iphdr`, `struct ipv6hdr` and `struct tcphdr`. */
#ifndef bpf_tcp_raw_gen_syncookie_ipv4
#define bpf_tcp_raw_gen_syncookie_ipv4 bpf_tcp_raw_gen_syncookie_ipv4
static long (*const bpf_tcp_raw_gen_syncookie_ipv4)(void *iph, void *th, __u32 th_len) = (void *)204;
#endif
#ifndef bpf_tcp_raw_gen_syncookie_ipv6
#define bpf_tcp_raw_gen_syncookie_ipv6 bpf_tcp_raw_gen_syncookie_ipv6
static long (*const bpf_tcp_raw_gen_syncookie_ipv6)(void *iph, void *th, __u32 th_len) = (void *)205;
#endif
#ifndef bpf_tcp_raw_check_syncookie_ipv4
#define bpf_tcp_raw_check_syncookie_ipv4 bpf_tcp_raw_check_syncookie_ipv4
static long (*const bpf_tcp_raw_check_syncookie_ipv4)(void *iph, void *th) = (void *)206;
#endif
#ifndef bpf_tcp_raw_check_syncookie_ipv6
#define bpf_tcp_raw_check_syncookie_ipv6 bpf_tcp_raw_check_syncookie_ipv6
static long (*const bpf_tcp_raw_check_syncookie_ipv6)(void *iph, void *th) = (void *)207;
#endif

/* Text up to a NUL, in memory that may be read: a place, a length or an order, else -ENOENT, -ERANGE for NULL, -EFAULT where
   no NUL comes in what is known to be readable, -E2BIG beyond 64 KiB. */
#ifndef bpf_strcmp
#define bpf_strcmp bpf_strcmp
extern int bpf_strcmp(const char *s1, const char *s2) __weak __ksym;
#endif
#ifndef bpf_strcasecmp
#define bpf_strcasecmp bpf_strcasecmp
extern int bpf_strcasecmp(const char *s1, const char *s2) __weak __ksym;
#endif
#ifndef bpf_strchr
#define bpf_strchr bpf_strchr
extern int bpf_strchr(const char *s, char c) __weak __ksym;
#endif
#ifndef bpf_strchrnul
#define bpf_strchrnul bpf_strchrnul
extern int bpf_strchrnul(const char *s, char c) __weak __ksym;
#endif
#ifndef bpf_strnchr
#define bpf_strnchr bpf_strnchr
extern int bpf_strnchr(const char *s, __u64 count, char c) __weak __ksym;
#endif
#ifndef bpf_strrchr
#define bpf_strrchr bpf_strrchr
extern int bpf_strrchr(const char *s, char c) __weak __ksym;
#endif
#ifndef bpf_strlen
#define bpf_strlen bpf_strlen
extern int bpf_strlen(const char *s) __weak __ksym;
#endif
#ifndef bpf_strnlen
#define bpf_strnlen bpf_strnlen
extern int bpf_strnlen(const char *s, __u64 count) __weak __ksym;
#endif
#ifndef bpf_strspn
#define bpf_strspn bpf_strspn
extern int bpf_strspn(const char *s, const char *accept) __weak __ksym;
#endif
#ifndef bpf_strcspn
#define bpf_strcspn bpf_strcspn
extern int bpf_strcspn(const char *s, const char *reject) __weak __ksym;
#endif
#ifndef bpf_strstr
#define bpf_strstr bpf_strstr
extern int bpf_strstr(const char *s1, const char *s2) __weak __ksym;
#endif
#ifndef bpf_strnstr
#define bpf_strnstr bpf_strnstr
extern int bpf_strnstr(const char *s1, const char *s2, __u64 len) __weak __ksym;
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

/* Exceptions: `bpf_throw` ends the program with the cookie, or with what the callback makes of it. */
#ifndef __exception_cb
#define __exception_cb(name) __attribute__((btf_decl_tag("exception_callback:" #name)))
#endif
#ifndef bpf_throw
#define bpf_throw bpf_throw
extern void bpf_throw(__u64 cookie) __weak __ksym;
#endif

/* Sections that must be left before the program ends. */
#ifndef bpf_rcu_read_lock
#define bpf_rcu_read_lock bpf_rcu_read_lock
extern void bpf_rcu_read_lock(void) __weak __ksym;
#endif
#ifndef bpf_rcu_read_unlock
#define bpf_rcu_read_unlock bpf_rcu_read_unlock
extern void bpf_rcu_read_unlock(void) __weak __ksym;
#endif
#ifndef bpf_preempt_disable
#define bpf_preempt_disable bpf_preempt_disable
extern void bpf_preempt_disable(void) __weak __ksym;
#endif
#ifndef bpf_preempt_enable
#define bpf_preempt_enable bpf_preempt_enable
extern void bpf_preempt_enable(void) __weak __ksym;
#endif

#endif
