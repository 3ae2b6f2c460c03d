//! SYN cookies without a socket: what a server sends instead of keeping a half-open connection, and knows again.
//!
//! A cookie is 32 bits: the minute it was made in (5 bits), which of eight segment sizes the peer allows (3), and 24 bits of
//! a hash of addresses, ports, the peer's first number, minute and size, keyed by a secret of this process.

use std::hash::{BuildHasher as _, RandomState};
use std::sync::LazyLock;

use rustix::time::ClockId;
use stingless::{Fixed, MemOrNull};

use crate::errno::{EACCES, EINVAL};
use crate::misc::nanoseconds;

/// Bytes of a TCP header without options.
const TCP: usize = 20;
const IPV4: usize = 20;
const IPV6: usize = 40;
/// Segment sizes that a cookie can say, for IPv4 and IPv6.
const SIZES: [[u16; 8]; 2] =
    [[536, 1024, 1200, 1300, 1400, 1440, 1452, 1460], [536, 1024, 1160, 1220, 1360, 1400, 1420, 1440]];
/// What a peer takes that says nothing.
const DEFAULT_SIZE: u16 = 536;
/// Minutes that a cookie is good for.
const GOOD_FOR: u64 = 2;
const MINUTE: u64 = 60_000_000_000;

static SECRET: LazyLock<RandomState> = LazyLock::new(RandomState::new);

/// What a cookie is bound to: both addresses, and the ports.
type Flow<'f> = (&'f [u8], [u8; 4]);

fn cookie(flow: Flow<'_>, seq: u32, minute: u64, size: usize) -> u32 {
    let hash = SECRET.hash_one((flow, seq, minute, size)) as u32;
    (minute as u32 & 31) << 27 | (size as u32) << 24 | hash & 0x00ff_ffff
}

fn minute() -> u64 {
    nanoseconds(ClockId::Monotonic) / MINUTE
}

fn word(bytes: &[u8], at: usize) -> u32 {
    bytes.get(at..at + 4).and_then(|b| b.try_into().ok()).map_or(0, u32::from_be_bytes)
}

fn ports(tcp: &[u8]) -> [u8; 4] {
    word(tcp, 0).to_be_bytes()
}

/// The largest segment that the options of a SYN allow.
fn segment_size(options: &[u8]) -> u16 {
    let mut rest = options;
    loop {
        match *rest {
            [] | [0, ..] => return DEFAULT_SIZE,
            [1, ..] => rest = &rest[1..],
            [2, 4, high, low, ..] if high | low != 0 => return u16::from_be_bytes([high, low]),
            [_, len, ..] if len >= 2 && usize::from(len) <= rest.len() => rest = &rest[usize::from(len)..],
            [_, ..] => return DEFAULT_SIZE,
        }
    }
}

/// The cookie for a SYN in the low half, the segment size in the high one; `-EINVAL` for a header of another length.
fn make(addresses: &[u8], tcp: &[u8]) -> i64 {
    if tcp.len() < TCP || tcp.len() != usize::from(tcp[12] >> 4) * 4 {
        return EINVAL;
    }
    let allowed = segment_size(&tcp[TCP..]);
    let sizes = SIZES[usize::from(addresses.len() > 8)];
    let size = sizes.iter().rposition(|&s| s <= allowed).unwrap_or(0);
    let cookie = cookie((addresses, ports(tcp)), word(tcp, 4), minute(), size);
    i64::from(sizes[size]) << 32 | i64::from(cookie)
}

/// Whether an ACK answers a cookie of the last minutes: 0 or `-EACCES`.
fn check(addresses: &[u8], tcp: &[u8]) -> i64 {
    let (seq, found) = (word(tcp, 4).wrapping_sub(1), word(tcp, 8).wrapping_sub(1));
    let now = minute();
    let size = (found >> 24 & 7) as usize;
    let made = (now.saturating_sub(GOOD_FOR)..=now).find(|m| cookie((addresses, ports(tcp)), seq, *m, size) == found);
    if made.is_some() { 0 } else { EACCES }
}

stingless::bpf_call_3! {
    /// A cookie for a SYN over IPv4: in the low half, in the high one the largest segment that the peer takes. `-EINVAL`
    /// where `th_len` is not the header's length.
    #[id = 204]
    #[effects(no_trap, gpl_only)]
    pub fn bpf_tcp_raw_gen_syncookie_ipv4(_caller, iph: Fixed<IPV4>, th: MemOrNull) -> i64 {
        make(&iph.get()[12..20], &th.to_vec())
    }
}

stingless::bpf_call_3! {
    /// A cookie for a SYN over IPv6. See `bpf_tcp_raw_gen_syncookie_ipv4`.
    #[id = 205]
    #[effects(no_trap, gpl_only)]
    pub fn bpf_tcp_raw_gen_syncookie_ipv6(_caller, iph: Fixed<IPV6>, th: MemOrNull) -> i64 {
        make(&iph.get()[8..40], &th.to_vec())
    }
}

stingless::bpf_call_2! {
    /// Whether an ACK over IPv4 answers a cookie that was made in the last two minutes: 0 or `-EACCES`.
    #[id = 206]
    #[effects(no_trap, gpl_only)]
    pub fn bpf_tcp_raw_check_syncookie_ipv4(_caller, iph: Fixed<IPV4>, th: Fixed<TCP>) -> i64 {
        check(&iph.get()[12..20], &th.get())
    }
}

stingless::bpf_call_2! {
    /// Whether an ACK over IPv6 answers a cookie that was made in the last two minutes: 0 or `-EACCES`.
    #[id = 207]
    #[effects(no_trap, gpl_only)]
    pub fn bpf_tcp_raw_check_syncookie_ipv6(_caller, iph: Fixed<IPV6>, th: Fixed<TCP>) -> i64 {
        check(&iph.get()[8..40], &th.get())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn syn(options: &[u8]) -> Vec<u8> {
        let mut tcp = vec![0x04, 0xd2, 0, 80, 1, 2, 3, 4, 0, 0, 0, 0, 0, 2, 0, 0, 0, 0, 0, 0];
        tcp[12] = ((TCP + options.len()) / 4 << 4) as u8;
        tcp.extend_from_slice(options);
        tcp
    }

    fn ack(cookie: i64) -> Vec<u8> {
        let mut tcp = syn(&[]);
        tcp[4..8].copy_from_slice(&0x0102_0305u32.to_be_bytes());
        tcp[8..12].copy_from_slice(&(cookie as u32).wrapping_add(1).to_be_bytes());
        tcp
    }

    #[test]
    fn a_cookie_is_known_again_by_its_flow_alone() {
        for addresses in [&[1u8; 8][..], &[2; 32]] {
            let made = make(addresses, &syn(&[2, 4, 5, 0xb4]));
            assert!(made > 0);
            assert_eq!(check(addresses, &ack(made)), 0);
            assert_eq!(check(addresses, &ack(made + 1)), EACCES);
            assert_eq!(check(&addresses[1..], &ack(made)), EACCES);
            let mut other = ack(made);
            other[3] = 81;
            assert_eq!(check(addresses, &other), EACCES, "another port");
        }
    }

    #[test]
    fn cookies_say_the_segment_size() {
        let size = |options: &[u8]| make(&[1; 8], &syn(options)) >> 32;
        assert_eq!(size(&[]), 536);
        assert_eq!(size(&[2, 4, 5, 0xb4]), 1460);
        assert_eq!(size(&[1, 1, 1, 1, 2, 4, 5, 0xb3, 0, 0, 0, 0]), 1452);
        assert_eq!(size(&[2, 4, 0, 9]), 536, "too small to say");
        assert_eq!(size(&[8, 10, 0, 0, 0, 0, 0, 0, 0, 0, 2, 4, 5, 0x14, 0, 0]), 1300);
        assert_eq!(size(&[3, 0, 2, 4]), 536, "an option of no length ends them");
    }

    #[test]
    fn a_header_is_as_long_as_it_says() {
        let mut tcp = syn(&[]);
        assert_eq!(make(&[1; 8], &tcp[..19]), EINVAL);
        tcp[12] = 0x60;
        assert_eq!(make(&[1; 8], &tcp), EINVAL);
    }
}
