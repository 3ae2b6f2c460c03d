//! What is known of a packet beside its bytes.

use stingless::{CtxArg, CtxOrNull, MapArg, NonEmptyOut};

use crate::errno::{EINVAL, ENOENT};
use crate::hooks::{SkBuff, SocketFilter};
use crate::map::CGROUPS;
use crate::skb::{ETH_P_IP, ETH_P_IPV6, edit};

/// A number for the packet's flow: of addresses, protocol and ports where they are found, never 0. Linux's depends on a
/// secret of the machine; this one on the packet alone.
fn flow_hash(skb: &SkBuff<'_>) -> u32 {
    let at = skb.network_offset as usize;
    let part = |off: usize, len: usize| skb.data.get(at + off, len).unwrap_or_default();
    let (addresses, protocol, ports) = match skb.protocol {
        ETH_P_IP => {
            let header = usize::from(part(0, 1).first().map_or(5, |b| b & 15)) * 4;
            // Only the first fragment has ports.
            let whole = part(6, 2).first().is_none_or(|b| b & 0x3f == 0) && part(7, 1).first().is_none_or(|&b| b == 0);
            (part(12, 8), part(9, 1), if whole { part(header, 4) } else { &[] })
        }
        ETH_P_IPV6 => (part(8, 32), part(6, 1), part(40, 4)),
        _ => (skb.data.get(0, 14).unwrap_or_default(), &[][..], &[][..]),
    };
    let bytes = addresses.iter().chain(protocol).chain(ports);
    // FNV-1a, and a mixing step, since its low bits alone are weak.
    let mixed = bytes.fold(0x811c_9dc5u32, |h, &b| (h ^ u32::from(b)).wrapping_mul(0x0100_0193));
    (mixed ^ mixed >> 15).wrapping_mul(0x2c1b_3c6d).max(1)
}

stingless::bpf_call_1! {
    /// The packet's flow hash; computed where there is none.
    #[id = 34]
    #[effects(no_trap)]
    pub fn bpf_get_hash_recalc(caller, skb: CtxArg) -> i64 {
        edit(caller, skb, |skb| {
            if skb.hash == 0 {
                skb.hash = flow_hash(skb);
            }
            skb.hash.into()
        })
    }
}

stingless::bpf_call_1! {
    /// Forgets the packet's flow hash. Returns 0.
    #[id = 41]
    #[effects(no_trap)]
    pub fn bpf_set_hash_invalid(caller, skb: CtxArg) -> i64 {
        bpf_set(caller, skb, 0)
    }
}

stingless::bpf_call_2! {
    /// Sets the packet's flow hash. Returns 0.
    #[id = 48]
    #[effects(no_trap)]
    pub fn bpf_set_hash(caller, skb: CtxArg, hash: u32) -> i64 {
        bpf_set(caller, skb, hash)
    }
}

fn bpf_set(caller: &stingless::Caller<'_>, skb: CtxArg<'_>, hash: u32) -> i64 {
    edit(caller, skb, |skb| {
        skb.hash = hash;
        0
    })
}

stingless::bpf_call_1! {
    /// Realm of the packet's route, 0 where it has none.
    #[id = 24]
    #[effects(no_trap)]
    pub fn bpf_get_route_realm(caller, skb: CtxArg) -> i64 {
        edit(caller, skb, |skb| skb.route_realm.into())
    }
}

stingless::bpf_call_1! {
    /// Class of the control group of the packet's socket: 0, there is none.
    #[id = 17]
    #[effects(no_trap)]
    pub fn bpf_get_cgroup_classid(_caller, _skb: CtxArg) -> i64 {
        0
    }
}

stingless::bpf_call_1! {
    /// Class of the control group of the packet's socket: 0, there is none.
    #[id = 151]
    #[effects(no_trap)]
    pub fn bpf_skb_cgroup_classid(_caller, _skb: CtxArg) -> i64 {
        0
    }
}

stingless::bpf_call_1! {
    /// Control group of the packet's socket: 0, there is none.
    #[id = 79]
    #[effects(no_trap)]
    pub fn bpf_skb_cgroup_id(_caller, _skb: CtxArg) -> i64 {
        0
    }
}

stingless::bpf_call_2! {
    /// Ancestor, at a level, of the control group of the packet's socket: 0, there is none.
    #[id = 83]
    #[effects(no_trap)]
    pub fn bpf_skb_ancestor_cgroup_id(_caller, _skb: CtxArg, _ancestor_level: i32) -> i64 {
        0
    }
}

stingless::bpf_call_3! {
    /// Whether the packet's socket is under a control group: `-ENOENT`, the packet has no socket.
    #[id = 33]
    #[effects(no_trap)]
    pub fn bpf_skb_under_cgroup(_caller, _skb: CtxArg, _map: MapArg<CGROUPS>, _index: u32) -> i64 {
        ENOENT
    }
}

/// What the host said of a packet's socket.
fn of_socket<R>(caller: &stingless::Caller<'_>, ctx: CtxArg<'_>, of: impl Fn(u64, Option<u32>) -> R) -> Option<R> {
    ctx.with::<SkBuff<'_>, _>(caller, |skb| of(skb.socket_cookie, skb.socket_uid))
        .or_else(|| ctx.with::<SocketFilter<'_>, _>(caller, |skb| of(skb.socket_cookie, skb.socket_uid)))
}

stingless::bpf_call_1! {
    /// A number that only the packet's socket has; 0 where it has none.
    #[id = 46]
    #[effects(no_trap)]
    pub fn bpf_get_socket_cookie(caller, ctx: CtxArg) -> u64 {
        of_socket(caller, ctx, |cookie, _| cookie).unwrap_or(0)
    }
}

stingless::bpf_call_1! {
    /// Owner of the packet's socket; 65534 where it has none.
    #[id = 47]
    #[effects(no_trap)]
    pub fn bpf_get_socket_uid(caller, skb: CtxArg) -> i64 {
        of_socket(caller, skb, |_, uid| uid).flatten().unwrap_or(65534).into()
    }
}

stingless::bpf_call_1! {
    /// Marks the packet as having met congestion (IPv4 and IPv6, where it says that its ends understand). Returns 1 where
    /// it is marked now, 0 otherwise.
    #[id = 97]
    #[effects(no_trap)]
    pub fn bpf_skb_ecn_set_ce(caller, skb: CtxArg) -> i64 {
        edit(caller, skb, |skb| {
            let at = skb.network_offset as usize;
            match skb.protocol {
                ETH_P_IP => skb.data.get_mut(at, 20).map_or(0, mark_ipv4),
                ETH_P_IPV6 => skb.data.get_mut(at, 40).map_or(0, mark_ipv6),
                _ => 0,
            }
        })
    }
}

/// Congestion experienced: both bits.
const CE: u8 = 3;

fn mark_ipv4(header: &mut [u8]) -> i64 {
    match header[1] & CE {
        0 => 0,
        CE => 1,
        ecn => {
            // The checksum goes down by what the byte goes up: in ones' complement.
            let check = u32::from(u16::from_be_bytes([header[10], header[11]]));
            let sum = (!check & 0xffff) + u32::from(CE - ecn);
            let sum = (sum & 0xffff) + (sum >> 16);
            header[10..12].copy_from_slice(&(!sum as u16).to_be_bytes());
            header[1] |= CE;
            1
        }
    }
}

fn mark_ipv6(header: &mut [u8]) -> i64 {
    let ecn = header[1] >> 4 & CE;
    if ecn == 0 {
        return 0;
    }
    header[1] |= CE << 4;
    1
}

stingless::bpf_call_3! {
    /// Sets the packet's time stamp and its clock: `tstamp_type` is 0 (real time), 1 (monotonic) or 2 (TAI). Returns 0,
    /// `-EINVAL` (no time by the last two), or `-EOPNOTSUPP` for other packets than IP.
    #[id = 192]
    #[effects(no_trap)]
    pub fn bpf_skb_set_tstamp(caller, skb: CtxArg, tstamp: u64, tstamp_type: u32) -> i64 {
        edit(caller, skb, |skb| {
            if !matches!(skb.protocol, ETH_P_IP | ETH_P_IPV6) {
                return crate::errno::EOPNOTSUPP;
            }
            match tstamp_type {
                1 | 2 if tstamp == 0 => return EINVAL,
                0..=2 => (skb.tstamp, skb.tstamp_type) = (tstamp, tstamp_type as u8),
                _ => return EINVAL,
            }
            0
        })
    }
}

stingless::bpf_call_1! {
    /// A number of the network namespace: 1, there is one.
    #[id = 122]
    #[effects(no_trap)]
    pub fn bpf_get_netns_cookie(_caller, _ctx: CtxOrNull) -> u64 {
        1
    }
}

/// Bytes of `struct bpf_xfrm_state`.
const XFRM_STATE: usize = 28;

stingless::bpf_call_5! {
    /// The IPsec state with this index that the packet came through, a `struct bpf_xfrm_state`. Returns 0, or `-EINVAL`
    /// (and zeroes) where there is none, there are flags, or the size is another.
    #[id = 66]
    #[effects(no_packet, no_trap)]
    pub fn bpf_skb_get_xfrm_state(caller, skb: CtxArg, index: u32, xfrm_state: NonEmptyOut, flags: u64) -> i64 {
        let mut xfrm_state = xfrm_state;
        let state = skb.with::<SkBuff<'_>, _>(caller, |skb| skb.secpath.get(index as usize).copied()).flatten();
        match state.filter(|_| flags == 0 && xfrm_state.len() == XFRM_STATE) {
            Some(bytes) => {
                xfrm_state.write(0, &bytes);
                0
            }
            None => EINVAL,
        }
    }
}
