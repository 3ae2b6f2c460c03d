//! Helpers with Linux's numbers and semantics, and Linux's hooks `xdp`, `tc` and `socket_filter`: kernel-style objects
//! load as they are.
//!
//! ```
//! let mut linker = stingless::Linker::new(&stingless::Engine::default());
//! linker.hook::<stingless_helpers_linux::Xdp>()?;
//! assert!(linker.protos().by_name("bpf_map_lookup_elem").is_some());
//! # Ok::<(), stingless::Error>(())
//! ```
//!
//! What helpers do beyond the packet is the host's: it gives [`Trace`], [`Events`], [`Routes`] and [`Clones`] to
//! [`Linker::host`](stingless::Linker::host), and reads [`Redirect`] where the verdict says so.
#![forbid(unsafe_code)]

mod cookie;
mod csum;
mod dynptr;
mod errno;
mod events;
mod format;
pub mod hooks;
mod iter;
mod lock;
mod map;
mod meta;
mod misc;
mod packet;
mod probe;
mod redirect;
mod ring;
mod route;
mod skb;
mod sock;
mod storage;
mod strings;
mod task;
mod text;
mod trace;
mod tunnel;

pub use cookie::{
    bpf_tcp_raw_check_syncookie_ipv4, bpf_tcp_raw_check_syncookie_ipv6, bpf_tcp_raw_gen_syncookie_ipv4,
    bpf_tcp_raw_gen_syncookie_ipv6,
};
pub use csum::{bpf_csum_diff, bpf_csum_level, bpf_csum_update, bpf_l3_csum_replace, bpf_l4_csum_replace};
pub use dynptr::{
    bpf_dynptr_adjust, bpf_dynptr_clone, bpf_dynptr_copy, bpf_dynptr_data, bpf_dynptr_from_mem, bpf_dynptr_from_skb,
    bpf_dynptr_from_skb_meta, bpf_dynptr_from_xdp, bpf_dynptr_is_null, bpf_dynptr_is_rdonly, bpf_dynptr_memset,
    bpf_dynptr_read, bpf_dynptr_size, bpf_dynptr_slice, bpf_dynptr_slice_rdwr, bpf_dynptr_write,
    bpf_ringbuf_discard_dynptr, bpf_ringbuf_reserve_dynptr, bpf_ringbuf_submit_dynptr,
};
pub use events::{Event, Events, bpf_perf_event_output, bpf_perf_event_read, bpf_perf_event_read_value};
pub use hooks::{RxMetadata, SkBuff, SocketFilter, TcAction, Tunnel, Xdp, XdpAction};
pub use iter::{bpf_iter_num_destroy, bpf_iter_num_new, bpf_iter_num_next};
pub use lock::{
    bpf_preempt_disable, bpf_preempt_enable, bpf_rcu_read_lock, bpf_rcu_read_unlock, bpf_spin_lock, bpf_spin_unlock,
    bpf_throw,
};
pub use map::{
    bpf_for_each_map_elem, bpf_map_delete_elem, bpf_map_lookup_elem, bpf_map_lookup_percpu_elem, bpf_map_peek_elem,
    bpf_map_pop_elem, bpf_map_push_elem, bpf_map_sum_elem_count, bpf_map_update_elem, bpf_tail_call,
};
pub use meta::{
    bpf_get_cgroup_classid, bpf_get_hash_recalc, bpf_get_netns_cookie, bpf_get_route_realm, bpf_get_socket_cookie,
    bpf_get_socket_uid, bpf_set_hash, bpf_set_hash_invalid, bpf_skb_ancestor_cgroup_id, bpf_skb_cgroup_classid,
    bpf_skb_cgroup_id, bpf_skb_ecn_set_ce, bpf_skb_get_xfrm_state, bpf_skb_set_tstamp, bpf_skb_under_cgroup,
};
pub use misc::{
    bpf_get_prandom_u32, bpf_get_smp_processor_id, bpf_ktime_get_boot_ns, bpf_ktime_get_ns, bpf_loop, seed_random,
};
pub use packet::{
    bpf_xdp_adjust_head, bpf_xdp_adjust_meta, bpf_xdp_adjust_tail, bpf_xdp_get_buff_len, bpf_xdp_load_bytes,
    bpf_xdp_metadata_rx_hash, bpf_xdp_metadata_rx_timestamp, bpf_xdp_metadata_rx_vlan_tag, bpf_xdp_pull_data,
    bpf_xdp_store_bytes,
};
pub use probe::{bpf_probe_read_kernel, bpf_probe_read_kernel_str, bpf_probe_read_user, bpf_probe_read_user_str};
pub use redirect::{
    Clones, Redirect, Target, bpf_clone_redirect, bpf_redirect, bpf_redirect_map, bpf_redirect_neigh, bpf_redirect_peer,
};
pub use ring::{bpf_ringbuf_discard, bpf_ringbuf_output, bpf_ringbuf_query, bpf_ringbuf_reserve, bpf_ringbuf_submit};
pub use route::{FIB, Routes, bpf_check_mtu, bpf_fib_lookup};
pub use skb::{
    bpf_skb_adjust_room, bpf_skb_change_head, bpf_skb_change_proto, bpf_skb_change_tail, bpf_skb_change_type,
    bpf_skb_load_bytes, bpf_skb_load_bytes_relative, bpf_skb_pull_data, bpf_skb_store_bytes, bpf_skb_vlan_pop,
    bpf_skb_vlan_push,
};
pub use sock::{
    Query, Sockets, bpf_get_listener_sock, bpf_sk_assign, bpf_sk_fullsock, bpf_sk_lookup_tcp, bpf_sk_lookup_udp,
    bpf_sk_release, bpf_skc_lookup_tcp, bpf_skc_to_mptcp_sock, bpf_skc_to_tcp_request_sock, bpf_skc_to_tcp_sock,
    bpf_skc_to_tcp_timewait_sock, bpf_skc_to_tcp6_sock, bpf_skc_to_udp6_sock, bpf_skc_to_unix_sock,
    bpf_tcp_check_syncookie, bpf_tcp_gen_syncookie, bpf_tcp_sock,
};
pub use storage::{bpf_sk_storage_delete, bpf_sk_storage_get};
pub use strings::{
    bpf_strcasecmp, bpf_strchr, bpf_strchrnul, bpf_strcmp, bpf_strcspn, bpf_strlen, bpf_strnchr, bpf_strnlen,
    bpf_strnstr, bpf_strrchr, bpf_strspn, bpf_strstr,
};
pub use task::{
    bpf_current_task_under_cgroup, bpf_get_branch_snapshot, bpf_get_current_ancestor_cgroup_id,
    bpf_get_current_cgroup_id, bpf_get_current_comm, bpf_get_current_pid_tgid, bpf_get_current_task,
    bpf_get_current_uid_gid, bpf_get_ns_current_pid_tgid, bpf_get_numa_node_id, bpf_jiffies64, bpf_ktime_get_coarse_ns,
    bpf_ktime_get_tai_ns, bpf_send_signal, bpf_send_signal_thread,
};
pub use text::{bpf_strncmp, bpf_strtol, bpf_strtoul};
pub use trace::{Trace, bpf_snprintf, bpf_stream_vprintk_impl, bpf_trace_printk, bpf_trace_vprintk};
pub use tunnel::{bpf_skb_get_tunnel_key, bpf_skb_get_tunnel_opt, bpf_skb_set_tunnel_key, bpf_skb_set_tunnel_opt};

use stingless::{Helpers, helpers};

/// Types of packets' headers and of what helpers take, under Linux's names (`types/packet.bpf.c`): plugins that are
/// compiled against a kernel's types find these without a kernel's BTF.
pub const PACKET_TYPES: &[u8] = include_bytes!("../types/packet.bpf.o");

/// What every hook may use.
pub static BASE: Helpers = helpers![
    bpf_map_lookup_elem,
    bpf_map_update_elem,
    bpf_map_delete_elem,
    bpf_map_lookup_percpu_elem,
    bpf_map_push_elem,
    bpf_map_pop_elem,
    bpf_map_peek_elem,
    bpf_for_each_map_elem,
    bpf_tail_call,
    bpf_ktime_get_ns,
    bpf_ktime_get_boot_ns,
    bpf_ktime_get_coarse_ns,
    bpf_ktime_get_tai_ns,
    bpf_jiffies64,
    bpf_get_prandom_u32,
    bpf_get_smp_processor_id,
    bpf_get_numa_node_id,
    bpf_get_current_task,
    bpf_get_current_pid_tgid,
    bpf_get_current_uid_gid,
    bpf_get_current_comm,
    bpf_get_ns_current_pid_tgid,
    bpf_get_cgroup_classid,
    bpf_current_task_under_cgroup,
    bpf_get_current_cgroup_id,
    bpf_get_current_ancestor_cgroup_id,
    bpf_send_signal,
    bpf_send_signal_thread,
    bpf_get_branch_snapshot,
    bpf_perf_event_read,
    bpf_perf_event_read_value,
    bpf_map_sum_elem_count,
    bpf_stream_vprintk_impl,
    bpf_loop,
    bpf_ringbuf_output,
    bpf_ringbuf_reserve,
    bpf_ringbuf_submit,
    bpf_ringbuf_discard,
    bpf_ringbuf_query,
    bpf_perf_event_output,
    bpf_strtol,
    bpf_strtoul,
    bpf_strncmp,
    bpf_trace_printk,
    bpf_trace_vprintk,
    bpf_snprintf,
    bpf_probe_read_user,
    bpf_probe_read_kernel,
    bpf_probe_read_user_str,
    bpf_probe_read_kernel_str,
    bpf_spin_lock,
    bpf_spin_unlock,
    bpf_rcu_read_lock,
    bpf_rcu_read_unlock,
    bpf_preempt_disable,
    bpf_preempt_enable,
    bpf_throw,
    bpf_iter_num_new,
    bpf_iter_num_next,
    bpf_iter_num_destroy,
    DYNPTR,
    STRINGS,
];

/// Text up to a NUL.
static STRINGS: Helpers = helpers![
    bpf_strcmp,
    bpf_strcasecmp,
    bpf_strchr,
    bpf_strchrnul,
    bpf_strnchr,
    bpf_strrchr,
    bpf_strlen,
    bpf_strnlen,
    bpf_strspn,
    bpf_strcspn,
    bpf_strstr,
    bpf_strnstr,
];

/// Views of memory, those of packets apart.
static DYNPTR: Helpers = helpers![
    bpf_dynptr_from_mem,
    bpf_dynptr_read,
    bpf_dynptr_write,
    bpf_dynptr_data,
    bpf_dynptr_slice,
    bpf_dynptr_slice_rdwr,
    bpf_dynptr_adjust,
    bpf_dynptr_is_null,
    bpf_dynptr_is_rdonly,
    bpf_dynptr_size,
    bpf_dynptr_clone,
    bpf_dynptr_copy,
    bpf_dynptr_memset,
    bpf_ringbuf_reserve_dynptr,
    bpf_ringbuf_submit_dynptr,
    bpf_ringbuf_discard_dynptr,
];

/// What tells a socket's own kind.
static SOCKET_CASTS: Helpers = helpers![
    bpf_skc_to_tcp6_sock,
    bpf_skc_to_tcp_sock,
    bpf_skc_to_tcp_timewait_sock,
    bpf_skc_to_tcp_request_sock,
    bpf_skc_to_udp6_sock,
    bpf_skc_to_unix_sock,
    bpf_skc_to_mptcp_sock,
];

/// Look-ups of sockets and what goes with them.
static SOCKET_LOOKUPS: Helpers = helpers![
    bpf_sk_lookup_tcp,
    bpf_sk_lookup_udp,
    bpf_skc_lookup_tcp,
    bpf_sk_release,
    bpf_tcp_check_syncookie,
    bpf_tcp_gen_syncookie,
    bpf_tcp_raw_gen_syncookie_ipv4,
    bpf_tcp_raw_gen_syncookie_ipv6,
    bpf_tcp_raw_check_syncookie_ipv4,
    bpf_tcp_raw_check_syncookie_ipv6,
];

/// [`BASE`] and what reads or moves an XDP packet.
pub static XDP: Helpers = helpers![
    BASE,
    bpf_dynptr_from_xdp,
    bpf_xdp_adjust_head,
    bpf_xdp_adjust_tail,
    bpf_xdp_adjust_meta,
    bpf_xdp_get_buff_len,
    bpf_xdp_load_bytes,
    bpf_xdp_store_bytes,
    bpf_xdp_pull_data,
    bpf_xdp_metadata_rx_timestamp,
    bpf_xdp_metadata_rx_hash,
    bpf_xdp_metadata_rx_vlan_tag,
    bpf_redirect,
    bpf_redirect_map,
    bpf_csum_diff,
    bpf_fib_lookup,
    bpf_check_mtu,
    SOCKET_LOOKUPS,
    SOCKET_CASTS,
];

/// [`BASE`] and what reads a socket's packet.
pub static SOCKET: Helpers = helpers![
    BASE,
    bpf_dynptr_from_skb,
    bpf_skb_load_bytes,
    bpf_skb_load_bytes_relative,
    bpf_get_socket_cookie,
    bpf_get_socket_uid,
    bpf_get_netns_cookie,
    SOCKET_CASTS,
];

/// [`SOCKET`] and what changes a packet of traffic control.
pub static TC: Helpers = helpers![
    SOCKET,
    bpf_dynptr_from_skb_meta,
    bpf_skb_store_bytes,
    bpf_skb_pull_data,
    bpf_skb_change_proto,
    bpf_skb_change_type,
    bpf_skb_change_tail,
    bpf_skb_change_head,
    bpf_skb_adjust_room,
    bpf_skb_vlan_push,
    bpf_skb_vlan_pop,
    bpf_skb_ecn_set_ce,
    bpf_skb_set_tstamp,
    bpf_skb_cgroup_id,
    bpf_skb_ancestor_cgroup_id,
    bpf_skb_cgroup_classid,
    bpf_skb_under_cgroup,
    bpf_skb_get_xfrm_state,
    bpf_l3_csum_replace,
    bpf_l4_csum_replace,
    bpf_csum_diff,
    bpf_csum_update,
    bpf_csum_level,
    bpf_get_hash_recalc,
    bpf_set_hash,
    bpf_set_hash_invalid,
    bpf_get_route_realm,
    bpf_skb_get_tunnel_key,
    bpf_skb_set_tunnel_key,
    bpf_skb_get_tunnel_opt,
    bpf_skb_set_tunnel_opt,
    bpf_clone_redirect,
    bpf_redirect,
    bpf_redirect_peer,
    bpf_redirect_neigh,
    bpf_fib_lookup,
    bpf_check_mtu,
    SOCKET_LOOKUPS,
    bpf_sk_fullsock,
    bpf_tcp_sock,
    bpf_get_listener_sock,
    bpf_sk_assign,
    bpf_sk_storage_get,
    bpf_sk_storage_delete,
];
