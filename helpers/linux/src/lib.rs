//! Helpers with Linux's numbers and semantics, and Linux's hooks `xdp`, `tc` and `socket_filter`: kernel-style objects
//! load as they are.
//!
//! ```
//! let mut linker = stingless::Linker::new(&stingless::Engine::default());
//! linker.hook::<stingless_helpers_linux::Xdp>()?;
//! assert!(linker.protos().by_name("bpf_map_lookup_elem").is_some());
//! # Ok::<(), stingless::Error>(())
//! ```
#![forbid(unsafe_code)]

pub mod hooks;
mod iter;
mod map;
mod misc;
mod packet;
mod ring;
mod text;
mod trace;

pub use hooks::{SkBuff, SocketFilter, TcAction, Xdp, XdpAction};
pub use iter::{bpf_iter_num_destroy, bpf_iter_num_new, bpf_iter_num_next};
pub use map::{bpf_for_each_map_elem, bpf_map_delete_elem, bpf_map_lookup_elem, bpf_map_update_elem, bpf_tail_call};
pub use misc::{
    bpf_get_prandom_u32, bpf_get_smp_processor_id, bpf_ktime_get_boot_ns, bpf_ktime_get_ns, bpf_loop, seed_random,
};
pub use packet::{bpf_xdp_adjust_head, bpf_xdp_adjust_meta, bpf_xdp_adjust_tail};
pub use ring::{bpf_ringbuf_discard, bpf_ringbuf_output, bpf_ringbuf_query, bpf_ringbuf_reserve, bpf_ringbuf_submit};
pub use text::{bpf_strncmp, bpf_strtol, bpf_strtoul};
pub use trace::{Trace, bpf_trace_printk};

use stingless::{Helpers, helpers};

/// What every hook may use.
pub static BASE: Helpers = helpers![
    bpf_map_lookup_elem,
    bpf_map_update_elem,
    bpf_map_delete_elem,
    bpf_for_each_map_elem,
    bpf_tail_call,
    bpf_ktime_get_ns,
    bpf_ktime_get_boot_ns,
    bpf_get_prandom_u32,
    bpf_get_smp_processor_id,
    bpf_loop,
    bpf_ringbuf_output,
    bpf_ringbuf_reserve,
    bpf_ringbuf_submit,
    bpf_ringbuf_discard,
    bpf_ringbuf_query,
    bpf_strtol,
    bpf_strtoul,
    bpf_strncmp,
    bpf_trace_printk,
    bpf_iter_num_new,
    bpf_iter_num_next,
    bpf_iter_num_destroy,
];

/// [`BASE`] and what moves an XDP packet's bounds.
pub static XDP: Helpers = helpers![BASE, bpf_xdp_adjust_head, bpf_xdp_adjust_tail, bpf_xdp_adjust_meta];
