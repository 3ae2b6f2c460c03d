//! Internet checksums: ones' complement sums of 16-bit words (RFC 1071), and helpers that keep them right.

use stingless::{Anything, Caller, CtxArg, Mem, MemOrNull};

use crate::errno::{EACCES, EFAULT, EINVAL, ENOTSUPP};
use crate::skb::edit;

/// What a header field's width and the checksum's kind are said by, in the flags of the replacing helpers.
const FIELD: u64 = 0xf;
/// The field is part of a pseudo header.
const PSEUDO_HDR: u64 = 1 << 4;
/// A checksum of 0 says that there is none (UDP).
const MARK_MANGLED_0: u64 = 1 << 5;
/// Replace it even where it is 0.
const MARK_ENFORCE: u64 = 1 << 6;
/// The packet is IPv6: matters for sums that hardware made alone.
const IPV6: u64 = 1 << 7;

/// Adds with the carry brought round.
fn add(a: u32, b: u32) -> u32 {
    let (sum, carry) = a.overflowing_add(b);
    sum.wrapping_add(carry.into())
}

/// Ones' complement sum of bytes, the last word padded with zeros, on top of `seed`.
fn partial(bytes: &Mem<'_>, seed: u32) -> u32 {
    let whole = bytes.len() / 4 * 4;
    let sum = (0..whole).step_by(4).filter_map(|at| bytes.get::<u32>(at)).fold(seed, add);
    let mut rest = [0; 4];
    bytes.read(whole, &mut rest[..bytes.len() - whole]);
    add(sum, u32::from_ne_bytes(rest))
}

/// 32 bits to 16, complemented: what stands in a header.
fn fold(sum: u32) -> u16 {
    let once = (sum & 0xffff) + (sum >> 16);
    !((once & 0xffff) + (once >> 16)) as u16
}

/// 32 bits to 16.
fn narrow(sum: u32) -> u16 {
    (sum.wrapping_add(sum.rotate_left(16)) >> 16) as u16
}

/// A header's checksum after a change by `diff` (the sum of what was added and of the complement of what went).
fn by_diff(check: u16, diff: u32) -> u16 {
    fold(add(diff, u32::from(!check)))
}

/// A header's checksum after a 32-bit field changed.
fn replace4(check: u16, from: u32, to: u32) -> u16 {
    // The complement of a 16-bit number, as 32 bits, has the high half set in Linux as well.
    fold(add(add(!u32::from(check), !from), to))
}

/// A header's checksum after a 16-bit field changed.
fn replace2(check: u16, from: u16, to: u16) -> u16 {
    let add16 = |a: u16, b: u16| {
        let (sum, carry) = a.overflowing_add(b);
        sum.wrapping_add(carry.into())
    };
    !add16(add16(!check, !from), to)
}

/// The field's value replaced in a checksum; `None` for a width that there is not.
fn replaced(check: u16, from: u64, to: u64, flags: u64, wide: fn(u16, u64, u64) -> u16) -> Option<u16> {
    match flags & FIELD {
        0 if from != 0 => None,
        0 => Some(by_diff(check, to as u32)),
        2 => Some(wide(check, from, to)),
        4 => Some(replace4(check, from as u32, to as u32)),
        _ => None,
    }
}

/// Reads the checksum at `offset`, and writes what `change` makes of it.
fn at_offset(caller: &Caller<'_>, skb: CtxArg<'_>, offset: u32, change: impl FnOnce(u16) -> Option<u16>) -> i64 {
    if offset > 0xffff || offset & 1 != 0 {
        return EFAULT;
    }
    edit(caller, skb, |skb| {
        let Some(place) = skb.data.get_mut(offset as usize, 2) else { return EFAULT };
        let Some(check) = change(u16::from_ne_bytes([place[0], place[1]])) else { return EINVAL };
        place.copy_from_slice(&check.to_ne_bytes());
        0
    })
}

stingless::bpf_call_5! {
    /// Replaces a field's old value by a new one in the checksum at `offset` (of IPv4's header). The low bits of `flags`
    /// are the field's size, 2 or 4; 0: `from` is 0 and `to` a difference by `bpf_csum_diff`. Returns 0 or a negative errno.
    #[id = 10]
    #[effects(no_trap, invalidates_packet)]
    pub fn bpf_l3_csum_replace(caller, skb: CtxArg, offset: u32, from: Anything, to: Anything, flags: u64) -> i64 {
        if flags & !FIELD != 0 {
            return EINVAL;
        }
        at_offset(caller, skb, offset, |check| {
            replaced(check, from.0, to.0, flags, |check, from, to| replace2(check, from as u16, to as u16))
        })
    }
}

stingless::bpf_call_5! {
    /// As `bpf_l3_csum_replace`, for TCP, UDP and ICMP. Flags too: `BPF_F_PSEUDO_HDR`, `BPF_F_MARK_MANGLED_0` (a checksum
    /// of 0 stays, and a new one of 0 becomes 0xffff), `BPF_F_MARK_ENFORCE`, `BPF_F_IPV6`.
    #[id = 11]
    #[effects(no_trap, invalidates_packet)]
    pub fn bpf_l4_csum_replace(caller, skb: CtxArg, offset: u32, from: Anything, to: Anything, flags: u64) -> i64 {
        if flags & !(FIELD | PSEUDO_HDR | MARK_MANGLED_0 | MARK_ENFORCE | IPV6) != 0 {
            return EINVAL;
        }
        let mangled = flags & MARK_MANGLED_0 != 0;
        at_offset(caller, skb, offset, |check| {
            if mangled && flags & MARK_ENFORCE == 0 && check == 0 {
                return Some(0);
            }
            let wide = |check, from: u64, to: u64| replace4(check, u32::from(from as u16), u32::from(to as u16));
            let new = replaced(check, from.0, to.0, flags, wide)?;
            Some(if mangled && new == 0 { 0xffff } else { new })
        })
    }
}

stingless::bpf_call_5! {
    /// The checksum's difference that replacing `from` by `to` makes, on top of `seed`: for the replacing helpers. Either
    /// may be NULL with length 0.
    #[id = 28]
    #[effects(no_trap)]
    pub fn bpf_csum_diff(_caller, from: MemOrNull, to: MemOrNull, seed: u32) -> i64 {
        let sum = match (from.is_empty(), to.is_empty()) {
            (true, true) => seed,
            (true, false) => partial(&to, seed),
            (false, true) => !partial(&from, !seed),
            (false, false) => add(partial(&to, seed), !partial(&from, 0)),
        };
        narrow(sum).into()
    }
}

stingless::bpf_call_2! {
    /// Adds to the sum that the device made of the whole packet. No packet here has one: `-ENOTSUPP`.
    #[id = 40]
    #[effects(no_trap)]
    pub fn bpf_csum_update(_caller, _skb: CtxArg, _csum: u32) -> i64 {
        ENOTSUPP
    }
}

stingless::bpf_call_2! {
    /// Asks for (0) the number of checksums that were found right, `-EACCES` for none; one more (1), one less (2), none (3).
    #[id = 135]
    #[effects(no_trap)]
    pub fn bpf_csum_level(caller, skb: CtxArg, level: u64) -> i64 {
        edit(caller, skb, |skb| {
            let known = skb.csum_level;
            match level {
                0 => return known.map_or(EACCES, i64::from),
                // Linux counts to three.
                1 => skb.csum_level = Some(known.map_or(0, |n| (n + 1).min(3))),
                2 => skb.csum_level = known.and_then(|n| n.checked_sub(1)),
                3 => skb.csum_level = None,
                _ => return EINVAL,
            }
            0
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// RFC 1071: the checksum over a header that has its checksum is 0, and stays so when fields and checksum change
    /// together.
    #[test]
    fn replaced_checksums_are_those_of_the_changed_header() {
        let sum = |words: &[u16]| fold(words.iter().fold(0, |sum, &w| add(sum, w.into())));
        let mut header = [0x4500u16, 0x003c, 0x1c46, 0x4000, 0x4006, 0, 0xac10, 0x0a63, 0xac10, 0x0a0c];
        header[5] = sum(&header);
        assert_eq!(header[5], 0xb1e6, "the example that every text book has");
        for new in [0, 1, 0x4005, 0xffff, 0x1234] {
            let mut changed = header;
            changed[4] = new;
            changed[5] = replace2(header[5], header[4], new);
            assert_eq!(sum(&changed), 0, "{new:x}");
            let diff = add(u32::from(new), u32::from(!header[4]));
            assert_eq!(by_diff(header[5], diff), changed[5], "{new:x}");
            let (from, to) = (u32::from(header[4]), u32::from(new));
            assert_eq!(replace4(header[5], from, to), changed[5], "{new:x}");
        }
    }

    #[test]
    fn sums_carry_round() {
        assert_eq!(add(u32::MAX, 1), 1);
        assert_eq!(narrow(0xffff_0001), 0xffff ^ 0xfffe, "the carry of the high half comes in at the low end");
        assert_eq!(narrow(0), 0);
    }
}
