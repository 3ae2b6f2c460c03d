//! Bytes and bounds of a `tc` packet.

use stingless::{Caller, CtxArg, NonEmpty, NonEmptyOut};

use crate::errno::{EALREADY, EFAULT, EINVAL, ENOMEM, ENOTSUPP};
use crate::hooks::{SkBuff, SocketFilter};

/// Bytes of an Ethernet header.
const ETH_LEN: u32 = 14;
/// Where its protocol stands, behind two addresses.
const ETH_PROTO: usize = 12;
const VLAN_LEN: usize = 4;
/// Protocols as `skb->protocol` has them: the wire's order.
pub(crate) const ETH_P_IP: u32 = 0x0800u16.to_be() as u32;
pub(crate) const ETH_P_IPV6: u32 = 0x86ddu16.to_be() as u32;
const ETH_P_8021Q: u32 = 0x8100u16.to_be() as u32;
const ETH_P_8021AD: u32 = 0x88a8u16.to_be() as u32;
/// Most bytes that a helper lets a packet grow to: four pages, less what the kernel keeps behind them.
const MAX_LEN: u32 = 4 * 4096 - 320;

/// Changes a `tc` packet; its length is right afterwards.
pub(crate) fn edit(caller: &Caller<'_>, skb: CtxArg<'_>, change: impl FnOnce(&mut SkBuff<'_>) -> i64) -> i64 {
    let done = skb.with::<SkBuff<'_>, _>(caller, |skb| {
        let done = change(skb);
        skb.len = skb.data.len() as u32;
        done
    });
    done.unwrap_or(EINVAL)
}

/// Copies packet bytes from `offset` on, counted from the packet's start or (`network`) from its network header.
fn load(caller: &Caller<'_>, skb: CtxArg<'_>, offset: u32, network: bool, to: &mut NonEmptyOut<'_>) -> i64 {
    let len = to.len();
    let start = |header: u32| offset as usize + if network { header as usize } else { 0 };
    // The copy keeps apart what may be the same memory: the destination may lie in the packet.
    let copy = skb
        .with::<SkBuff<'_>, _>(caller, |skb| skb.data.get(start(skb.network_offset), len).map(<[u8]>::to_vec))
        .or_else(|| {
            let copy = |skb: &mut SocketFilter<'_>| skb.data.get(start(skb.network_offset), len).map(<[u8]>::to_vec);
            skb.with::<SocketFilter<'_>, _>(caller, copy)
        });
    match copy.flatten() {
        Some(bytes) => {
            to.write(0, &bytes);
            0
        }
        None => EFAULT,
    }
}

stingless::bpf_call_4! {
    /// Copies `to_len` bytes of the packet from `offset` on. Returns 0, or `-EFAULT` (and zeroes) where they do not all
    /// lie in the packet.
    #[id = 26]
    #[effects(no_packet, no_trap)]
    pub fn bpf_skb_load_bytes(caller, skb: CtxArg, offset: u32, to: NonEmptyOut) -> i64 {
        let mut to = to;
        if offset > i32::MAX as u32 {
            return EFAULT;
        }
        load(caller, skb, offset, false, &mut to)
    }
}

stingless::bpf_call_5! {
    /// As `bpf_skb_load_bytes`, `offset` counted from the link layer's header (`start_header` 0) or the network's (1).
    #[id = 68]
    #[effects(no_packet, no_trap)]
    pub fn bpf_skb_load_bytes_relative(caller, skb: CtxArg, offset: u32, to: NonEmptyOut, start_header: u32) -> i64 {
        let mut to = to;
        if offset > 0xffff || start_header > 1 {
            return EFAULT;
        }
        load(caller, skb, offset, start_header == 1, &mut to)
    }
}

stingless::bpf_call_5! {
    /// Writes bytes to the packet from `offset` on. Flags: `BPF_F_RECOMPUTE_CSUM` 1, `BPF_F_INVALIDATE_HASH` 2. Returns 0,
    /// `-EINVAL`, or `-EFAULT` where they do not all lie in the packet.
    #[id = 9]
    #[effects(no_packet, no_trap, invalidates_packet)]
    pub fn bpf_skb_store_bytes(caller, skb: CtxArg, offset: u32, from: NonEmpty, flags: u64) -> i64 {
        if flags & !3 != 0 {
            return EINVAL;
        }
        if offset > i32::MAX as u32 {
            return EFAULT;
        }
        let bytes = from.to_vec();
        edit(caller, skb, |skb| {
            let Some(place) = skb.data.get_mut(offset as usize, bytes.len()) else { return EFAULT };
            place.copy_from_slice(&bytes);
            if flags & 2 != 0 {
                skb.hash = 0;
            }
            0
        })
    }
}

stingless::bpf_call_2! {
    /// Makes `len` bytes (0: all) of the packet accessible. They are anyway: 0, or `-ENOMEM` where there are not as many.
    #[id = 39]
    #[effects(no_trap, invalidates_packet)]
    pub fn bpf_skb_pull_data(caller, skb: CtxArg, len: u32) -> i64 {
        edit(caller, skb, |skb| if len as usize > skb.data.len() { ENOMEM } else { 0 })
    }
}

stingless::bpf_call_3! {
    /// Changes the packet's length; new bytes are zero. Returns 0, `-EINVAL`, or `-ENOMEM` without tailroom.
    #[id = 38]
    #[effects(no_trap, invalidates_packet)]
    pub fn bpf_skb_change_tail(caller, skb: CtxArg, len: u32, flags: u64) -> i64 {
        edit(caller, skb, |skb| {
            if flags != 0 || len > MAX_LEN || len < skb.network_offset {
                return EINVAL;
            }
            if skb.encapsulated {
                return ENOTSUPP;
            }
            let old = skb.data.len();
            if !skb.data.adjust(0, i64::from(len) - old as i64, 0, 0) {
                return ENOMEM;
            }
            skb.data.zero_from(old);
            0
        })
    }
}

stingless::bpf_call_3! {
    /// Puts `len` zero bytes in front of the packet. Returns 0, `-EINVAL`, or `-ENOMEM` without headroom.
    #[id = 43]
    #[effects(no_trap, invalidates_packet)]
    pub fn bpf_skb_change_head(caller, skb: CtxArg, len: u32, flags: u64) -> i64 {
        edit(caller, skb, |skb| {
            let new = u64::from(len) + skb.data.len() as u64;
            if flags != 0 || new > MAX_LEN.into() {
                return EINVAL;
            }
            if !skb.data.open(0, len as usize) {
                return ENOMEM;
            }
            skb.network_offset += len;
            0
        })
    }
}

/// `skb->protocol` of a frame.
pub(crate) fn protocol_of(frame: &[u8]) -> u32 {
    match frame.get(ETH_PROTO..ETH_PROTO + 2) {
        Some(&[a, b]) if a >= 6 => u16::from_ne_bytes([a, b]).into(),
        // A length instead of a protocol: Linux calls it 802.2.
        Some(_) => 4u16.to_be().into(),
        None => 0,
    }
}

stingless::bpf_call_3! {
    /// Makes room for IPv6's header where IPv4's is, or takes it away: the program fills in the new header. Returns 0,
    /// `-EINVAL` for flags, `-ENOTSUPP` for other protocols, `-ENOMEM` without room.
    #[id = 31]
    #[effects(no_trap, invalidates_packet)]
    pub fn bpf_skb_change_proto(caller, skb: CtxArg, proto: u16, flags: u64) -> i64 {
        if flags != 0 {
            return EINVAL;
        }
        edit(caller, skb, |skb| {
            let at = skb.network_offset as usize;
            let done = match (skb.protocol, u32::from(proto)) {
                (ETH_P_IP, ETH_P_IPV6) => skb.data.open(at, 20),
                (ETH_P_IPV6, ETH_P_IP) => skb.data.close(at, 20),
                (_, _) => return ENOTSUPP,
            };
            if !done {
                return ENOMEM;
            }
            skb.protocol = proto.into();
            skb.hash = 0;
            0
        })
    }
}

stingless::bpf_call_2! {
    /// Says whom the packet is for: `PACKET_HOST` 0, `PACKET_BROADCAST` 1, `PACKET_MULTICAST` 2, `PACKET_OTHERHOST` 3.
    #[id = 32]
    #[effects(no_trap)]
    pub fn bpf_skb_change_type(caller, skb: CtxArg, pkt_type: u32) -> i64 {
        edit(caller, skb, |skb| {
            if skb.pkt_type > 3 || pkt_type > 3 {
                return EINVAL;
            }
            skb.pkt_type = pkt_type;
            0
        })
    }
}

stingless::bpf_call_3! {
    /// Sets the packet's VLAN tag; one that was set goes into the packet. Other protocols than 802.1Q and 802.1AD count as
    /// 802.1Q. Returns 0, or `-ENOMEM` without headroom.
    #[id = 18]
    #[effects(no_trap, invalidates_packet)]
    pub fn bpf_skb_vlan_push(caller, skb: CtxArg, vlan_proto: u16, vlan_tci: u16) -> i64 {
        edit(caller, skb, |skb| {
            let proto = if u32::from(vlan_proto) == ETH_P_8021AD { ETH_P_8021AD } else { ETH_P_8021Q };
            if skb.vlan_present != 0 {
                if !skb.data.open(ETH_PROTO, VLAN_LEN) {
                    return ENOMEM;
                }
                let (outer, tci) = (skb.vlan_proto as u16, skb.vlan_tci as u16);
                if let Some(tag) = skb.data.get_mut(ETH_PROTO, VLAN_LEN) {
                    tag[..2].copy_from_slice(&outer.to_ne_bytes());
                    tag[2..].copy_from_slice(&tci.to_be_bytes());
                }
                skb.protocol = outer.into();
                skb.network_offset += VLAN_LEN as u32;
            }
            (skb.vlan_present, skb.vlan_proto, skb.vlan_tci) = (1, proto, vlan_tci.into());
            0
        })
    }
}

/// Takes the tag in the packet out; gives what it said.
fn vlan_out(skb: &mut SkBuff<'_>) -> Option<u16> {
    let tci = skb.data.get(ETH_LEN as usize, VLAN_LEN).map(|tag| u16::from_be_bytes([tag[0], tag[1]]))?;
    if !skb.data.close(ETH_PROTO, VLAN_LEN) {
        return None;
    }
    skb.protocol = protocol_of(skb.data.as_slice());
    skb.network_offset = (skb.network_offset.saturating_sub(VLAN_LEN as u32)).max(ETH_LEN);
    Some(tci)
}

stingless::bpf_call_1! {
    /// Takes the packet's VLAN tag away; the next one in the packet, if there is one, takes its place. Returns 0, or
    /// `-ENOMEM` where the packet ends in its tag.
    #[id = 19]
    #[effects(no_trap, invalidates_packet)]
    pub fn bpf_skb_vlan_pop(caller, skb: CtxArg) -> i64 {
        edit(caller, skb, |skb| {
            let tagged = |skb: &SkBuff<'_>| matches!(skb.protocol, ETH_P_8021Q | ETH_P_8021AD);
            if skb.vlan_present != 0 {
                (skb.vlan_present, skb.vlan_proto, skb.vlan_tci) = (0, 0, 0);
            } else if !tagged(skb) {
                return 0;
            } else if vlan_out(skb).is_none() {
                return ENOMEM;
            }
            if tagged(skb) {
                let proto = skb.protocol;
                let Some(tci) = vlan_out(skb) else { return ENOMEM };
                (skb.vlan_present, skb.vlan_proto, skb.vlan_tci) = (1, proto, tci.into());
            }
            0
        })
    }
}

/// Flags of `bpf_skb_adjust_room`.
mod room {
    pub(super) const FIXED_GSO: u64 = 1;
    pub(super) const ENCAP_IPV4: u64 = 1 << 1;
    pub(super) const ENCAP_IPV6: u64 = 1 << 2;
    pub(super) const ENCAP_GRE: u64 = 1 << 3;
    pub(super) const ENCAP_UDP: u64 = 1 << 4;
    pub(super) const NO_CSUM_RESET: u64 = 1 << 5;
    pub(super) const ENCAP_ETH: u64 = 1 << 6;
    pub(super) const DECAP_IPV4: u64 = 1 << 7;
    pub(super) const DECAP_IPV6: u64 = 1 << 8;
    pub(super) const L2_SHIFT: u32 = 56;
    pub(super) const ENCAP_L3: u64 = ENCAP_IPV4 | ENCAP_IPV6;
    pub(super) const DECAP_L3: u64 = DECAP_IPV4 | DECAP_IPV6;
    pub(super) const ALL: u64 =
        FIXED_GSO | ENCAP_L3 | ENCAP_GRE | ENCAP_UDP | NO_CSUM_RESET | ENCAP_ETH | DECAP_L3 | 0xff << L2_SHIFT;
}

/// Least bytes of the network's header.
fn network_len(protocol: u32) -> Option<u32> {
    match protocol {
        ETH_P_IP => Some(20),
        ETH_P_IPV6 => Some(40),
        _ => None,
    }
}

/// What an encapsulation must keep; 0 or a negative errno.
fn encapsulate(skb: &mut SkBuff<'_>, len: u32, flags: u64) -> i64 {
    let inner_mac = (flags >> room::L2_SHIFT) as u32;
    let both = |a: u64, b: u64| flags & a != 0 && flags & b != 0;
    if both(room::ENCAP_IPV4, room::ENCAP_IPV6)
        || both(room::ENCAP_GRE, room::ENCAP_UDP)
        || flags & room::ENCAP_ETH != 0 && inner_mac < ETH_LEN
    {
        return EINVAL;
    }
    if skb.encapsulated {
        return EALREADY;
    }
    if inner_mac > len { EINVAL } else { 0 }
}

fn grow(skb: &mut SkBuff<'_>, off: u32, len: u32, flags: u64) -> i64 {
    let encap = flags & room::ENCAP_L3 != 0;
    if encap {
        let refused = encapsulate(skb, len, flags);
        if refused != 0 {
            return refused;
        }
    }
    if !skb.data.open(off as usize, len as usize) {
        return ENOMEM;
    }
    if encap {
        skb.encapsulated = true;
        skb.protocol = if flags & room::ENCAP_IPV6 != 0 { ETH_P_IPV6 } else { ETH_P_IP };
    }
    0
}

fn shrink(skb: &mut SkBuff<'_>, off: u32, len: u32, flags: u64) -> i64 {
    if flags & !(room::FIXED_GSO | room::DECAP_L3 | room::NO_CSUM_RESET) != 0 {
        return EINVAL;
    }
    if !skb.data.close(off as usize, len as usize) {
        return ENOMEM;
    }
    match flags & room::DECAP_L3 {
        0 => {}
        room::DECAP_IPV4 => skb.protocol = ETH_P_IP,
        _ => skb.protocol = ETH_P_IPV6,
    }
    0
}

/// `bpf_skb_adjust_room`, in Linux's order of checks.
fn adjust_room(skb: &mut SkBuff<'_>, diff: i32, mode: u32, flags: u64) -> i64 {
    let len = diff.unsigned_abs();
    if flags & !room::ALL != 0 {
        return EINVAL;
    }
    if len > 0xfff {
        return EFAULT;
    }
    let Some(base) = network_len(skb.protocol) else { return ENOTSUPP };
    let off = match mode {
        0 => skb.network_offset + base,
        1 => skb.network_offset,
        _ => return ENOTSUPP,
    };
    let least = match flags & room::DECAP_L3 {
        0 => base,
        _ if diff >= 0 => return EINVAL,
        room::DECAP_IPV4 => 20,
        room::DECAP_IPV6 => 40,
        _ => return EINVAL,
    };
    let all = skb.data.len() as u32;
    let current = all.saturating_sub(skb.network_offset);
    if diff < 0 && (len >= current || current - len < least) || diff >= 0 && all + len > MAX_LEN {
        return ENOTSUPP;
    }
    let done = if diff < 0 { shrink(skb, off, len, flags) } else { grow(skb, off, len, flags) };
    if done == 0 && flags & room::NO_CSUM_RESET == 0 {
        skb.csum_level = None;
    }
    done
}

stingless::bpf_call_4! {
    /// Makes the packet `len_diff` bytes longer or shorter, behind the network's header (`mode` 0) or before it (1). The
    /// flags say of what encapsulation the bytes are. Returns 0 or a negative errno.
    #[id = 50]
    #[effects(no_trap, invalidates_packet)]
    pub fn bpf_skb_adjust_room(caller, skb: CtxArg, len_diff: i32, mode: u32, flags: u64) -> i64 {
        edit(caller, skb, |skb| adjust_room(skb, len_diff, mode, flags))
    }
}
