//! Helpers that move an XDP packet's bounds.

use stingless::{Caller, CtxArg, Errno, NonEmpty, NonEmptyOut, Out, Packet};

use crate::errno::{EACCES, EFAULT, EINVAL, ENODATA, EOPNOTSUPP};
use crate::hooks::{RxMetadata, Xdp};

/// Least packet that XDP leaves (`ETH_HLEN`).
const MIN_LEN: u64 = 14;
/// Most bytes of metadata: a multiple of 4 that fits `skb_shared_info::meta_len`.
const MAX_META: i64 = 252;

fn adjust(caller: &Caller<'_>, ctx: CtxArg<'_>, change: impl FnOnce(&mut Packet<'_>) -> bool) -> Errno {
    let done = ctx.with::<Xdp<'_>, _>(caller, |xdp| change(&mut xdp.data));
    Errno(if done == Some(true) { 0 } else { EINVAL })
}

stingless::bpf_call_2! {
    /// Moves the packet's start by `delta` bytes (negative: into the headroom), metadata along with it.
    #[id = 44]
    #[effects(no_trap, invalidates_packet)]
    pub fn bpf_xdp_adjust_head(caller, xdp_md: CtxArg, delta: i32) -> Errno {
        adjust(caller, xdp_md, |p| p.adjust(delta.into(), 0, delta.into(), MIN_LEN))
    }
}

stingless::bpf_call_2! {
    /// Moves the metadata's start by `delta` bytes; it stays in the headroom (`-EINVAL`), a multiple of 4 and at most 252
    /// bytes before the packet (`-EACCES`).
    #[id = 54]
    #[effects(no_trap, invalidates_packet)]
    pub fn bpf_xdp_adjust_meta(caller, xdp_md: CtxArg, delta: i32) -> Errno {
        let done = xdp_md.with::<Xdp<'_>, _>(caller, |xdp| {
            let len = xdp.data.meta_len() as i64 - i64::from(delta);
            let fits = len % 4 == 0 && len <= MAX_META;
            match xdp.data.adjust(0, 0, delta.into(), 0) {
                false => EINVAL,
                true if fits => 0,
                true => {
                    // Back to where it was, which was allowed.
                    let _ = xdp.data.adjust(0, 0, -i64::from(delta), 0);
                    EACCES
                }
            }
        });
        Errno(done.unwrap_or(EINVAL))
    }
}

stingless::bpf_call_2! {
    /// Moves the packet's end by `delta` bytes; bytes that come in are zero.
    #[id = 65]
    #[effects(no_trap, invalidates_packet)]
    pub fn bpf_xdp_adjust_tail(caller, xdp_md: CtxArg, delta: i32) -> Errno {
        adjust(caller, xdp_md, |p| {
            let old = p.len();
            let done = p.adjust(0, delta.into(), 0, MIN_LEN);
            if done {
                p.zero_from(old);
            }
            done
        })
    }
}

stingless::bpf_call_1! {
    /// Bytes of the whole packet.
    #[id = 188]
    #[effects(no_trap)]
    pub fn bpf_xdp_get_buff_len(caller, xdp_md: CtxArg) -> u64 {
        xdp_md.with::<Xdp<'_>, _>(caller, |xdp| xdp.data.len() as u64).unwrap_or(0)
    }
}

stingless::bpf_call_2! {
    /// Makes the first `len` bytes of the packet accessible: they are. Returns 0, or `-EINVAL` where it has fewer.
    #[kfunc]
    #[effects(no_trap, invalidates_packet)]
    pub fn bpf_xdp_pull_data(caller, xdp_md: CtxArg, len: u32) -> i32 {
        let there = xdp_md.with::<Xdp<'_>, _>(caller, |xdp| xdp.data.len()).unwrap_or(0);
        if len as usize <= there { 0 } else { EINVAL as i32 }
    }
}

/// What the device said of the frame, picked by `pick`.
///
/// # Errors
/// `-EOPNOTSUPP` where it says such things of no frame, `-ENODATA` where it said none of this.
fn received<T>(caller: &Caller<'_>, ctx: CtxArg<'_>, pick: impl FnOnce(&RxMetadata) -> Option<T>) -> Result<T, i32> {
    let metadata = ctx.with::<Xdp<'_>, _>(caller, |xdp| xdp.metadata).flatten();
    pick(&metadata.ok_or(EOPNOTSUPP as i32)?).ok_or(ENODATA as i32)
}

stingless::bpf_call_2! {
    /// When the device received the frame, ns. Returns 0, `-EOPNOTSUPP` (the host says no such things) or `-ENODATA` (not
    /// of this frame).
    #[kfunc]
    #[effects(no_trap)]
    pub fn bpf_xdp_metadata_rx_timestamp(caller, ctx: CtxArg, timestamp: Out<u64>) -> i32 {
        let mut timestamp = timestamp;
        received(caller, ctx, |m| m.timestamp).map(|ns| timestamp.set(ns)).map_or_else(|errno| errno, |()| 0)
    }
}

stingless::bpf_call_3! {
    /// The hash of the frame's flow, and what it was made of. Returns as `bpf_xdp_metadata_rx_timestamp`.
    #[kfunc]
    #[effects(no_trap)]
    pub fn bpf_xdp_metadata_rx_hash(caller, ctx: CtxArg, hash: Out<u32>, rss_type: Out<u32>) -> i32 {
        let (mut hash, mut rss_type) = (hash, rss_type);
        let set = |(number, kind)| {
            hash.set(number);
            rss_type.set(kind);
        };
        received(caller, ctx, |m| m.hash).map(set).map_or_else(|errno| errno, |()| 0)
    }
}

stingless::bpf_call_3! {
    /// Protocol and tag of the VLAN that the device took off. Returns as `bpf_xdp_metadata_rx_timestamp`.
    #[kfunc]
    #[effects(no_trap)]
    pub fn bpf_xdp_metadata_rx_vlan_tag(caller, ctx: CtxArg, vlan_proto: Out<u16>, vlan_tci: Out<u16>) -> i32 {
        let (mut vlan_proto, mut vlan_tci) = (vlan_proto, vlan_tci);
        let set = |(proto, tci)| {
            vlan_proto.set(proto);
            vlan_tci.set(tci);
        };
        received(caller, ctx, |m| m.vlan_tag).map(set).map_or_else(|errno| errno, |()| 0)
    }
}

/// `-EFAULT` for what no packet can have, else 0.
fn plausible(offset: u32, len: usize) -> i64 {
    if offset > 0xffff || len > 0xffff { EFAULT } else { 0 }
}

stingless::bpf_call_4! {
    /// Copies `buf_len` bytes of the packet from `offset` on. Returns 0, `-EINVAL` where they do not all lie in it, or
    /// `-EFAULT` for more than 65535.
    #[id = 189]
    #[effects(no_packet, no_trap)]
    pub fn bpf_xdp_load_bytes(caller, xdp_md: CtxArg, offset: u32, buf: NonEmptyOut) -> i64 {
        let mut buf = buf;
        let refused = plausible(offset, buf.len());
        if refused != 0 {
            return refused;
        }
        // Copied twice: the destination may lie in the packet.
        let len = buf.len();
        let copy = xdp_md.with::<Xdp<'_>, _>(caller, |xdp| xdp.data.get(offset as usize, len).map(<[u8]>::to_vec));
        copy.flatten().map_or(EINVAL, |bytes| {
            buf.write(0, &bytes);
            0
        })
    }
}

stingless::bpf_call_4! {
    /// Writes bytes to the packet from `offset` on. Returns as `bpf_xdp_load_bytes`.
    #[id = 190]
    #[effects(no_packet, no_trap)]
    pub fn bpf_xdp_store_bytes(caller, xdp_md: CtxArg, offset: u32, buf: NonEmpty) -> i64 {
        let refused = plausible(offset, buf.len());
        if refused != 0 {
            return refused;
        }
        let bytes = buf.to_vec();
        let done = xdp_md.with::<Xdp<'_>, _>(caller, |xdp| {
            xdp.data.get_mut(offset as usize, bytes.len()).map_or(EINVAL, |place| {
                place.copy_from_slice(&bytes);
                0
            })
        });
        done.unwrap_or(EINVAL)
    }
}
