//! Numbers in text, and comparison.

use stingless::{ConstStr, CountOrErrno, Mem, NonEmpty, Out};

use crate::errno::{EINVAL, ERANGE};

/// Linux looks at most at this many bytes.
const MAX_BYTES: usize = 64;

/// The number at the start of `text`, as `strtoul` reads it in Linux: blanks, then (where `signed`) a minus sign, then
/// digits of the base. Gives sign, magnitude and bytes read.
fn parse(text: &[u8], base: u64, signed: bool) -> Result<(bool, u64, usize), i64> {
    let blanks = text.iter().take_while(|b| b.is_ascii_whitespace() || **b == 0x0b).count();
    let negative = signed && text.get(blanks) == Some(&b'-');
    let at = blanks + usize::from(negative);
    let rest = &text[at.min(text.len())..];
    if rest.is_empty() {
        return Err(EINVAL);
    }
    let (radix, prefix) = radix(rest, base);
    let mut magnitude: u64 = 0;
    let mut digits = 0;
    for digit in rest[prefix..].iter().map_while(|&b| (b as char).to_digit(36).filter(|&d| d < radix)) {
        magnitude = magnitude.checked_mul(radix.into()).and_then(|m| m.checked_add(digit.into())).ok_or(ERANGE)?;
        digits += 1;
    }
    if digits == 0 { Err(EINVAL) } else { Ok((negative, magnitude, at + prefix + digits)) }
}

/// The radix and the length of the prefix that announces it: `0x` only before a hexadecimal digit.
fn radix(digits: &[u8], base: u64) -> (u32, usize) {
    let hex =
        digits.len() > 2 && digits[0] == b'0' && digits[1].eq_ignore_ascii_case(&b'x') && digits[2].is_ascii_hexdigit();
    match base {
        0 if hex => (16, 2),
        0 if digits[0] == b'0' => (8, 0),
        0 => (10, 0),
        16 if hex => (16, 2),
        _ => (base as u32, 0),
    }
}

/// Bits above the base must be 0, and the base one of those that Linux takes.
fn base_of(flags: u64) -> Result<u64, i64> {
    if matches!(flags, 0 | 8 | 10 | 16) { Ok(flags) } else { Err(EINVAL) }
}

fn window(text: &Mem<'_>) -> Vec<u8> {
    let mut bytes = text.to_vec();
    bytes.truncate(MAX_BYTES);
    bytes
}

fn strtol(text: &[u8], flags: u64) -> Result<(i64, usize), i64> {
    let (negative, magnitude, read) = parse(text, base_of(flags)?, true)?;
    let value = if negative { 0i64.checked_sub_unsigned(magnitude) } else { i64::try_from(magnitude).ok() };
    Ok((value.ok_or(ERANGE)?, read))
}

fn strtoul(text: &[u8], flags: u64) -> Result<(u64, usize), i64> {
    let (_, magnitude, read) = parse(text, base_of(flags)?, false)?;
    Ok((magnitude, read))
}

stingless::bpf_call_4! {
    /// Reads a signed number in base `flags` (0 = by prefix, 8, 10 or 16) at the start of a text. Returns the bytes
    /// read, `-EINVAL` or `-ERANGE`.
    #[id = 105]
    #[effects(no_packet, no_trap)]
    pub fn bpf_strtol(_caller, buf: NonEmpty, flags: u64, res: Out<i64>) -> CountOrErrno {
        let mut res = res;
        match strtol(&window(&buf), flags) {
            Ok((value, read)) => {
                res.set(value);
                CountOrErrno(read as i64)
            }
            Err(errno) => CountOrErrno(errno),
        }
    }
}

stingless::bpf_call_4! {
    /// Reads an unsigned number. See `bpf_strtol`.
    #[id = 106]
    #[effects(no_packet, no_trap)]
    pub fn bpf_strtoul(_caller, buf: NonEmpty, flags: u64, res: Out<u64>) -> CountOrErrno {
        let mut res = res;
        match strtoul(&window(&buf), flags) {
            Ok((value, read)) => {
                res.set(value);
                CountOrErrno(read as i64)
            }
            Err(errno) => CountOrErrno(errno),
        }
    }
}

stingless::bpf_call_3! {
    /// Compares at most `s1_len` bytes with a constant text, as `strncmp` does.
    #[id = 182]
    #[effects(no_packet, no_trap)]
    pub fn bpf_strncmp(_caller, s1: NonEmpty, s2: ConstStr) -> i32 {
        let (a, b) = (s1.to_vec(), s2.to_vec());
        let end = |v: &[u8], at: usize| v.get(at).copied().unwrap_or(0);
        for at in 0..a.len() {
            let (x, y) = (end(&a, at), end(&b, at));
            if x != y {
                return if x < y { -1 } else { 1 };
            }
            if x == 0 {
                break;
            }
        }
        0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_read_as_linux_reads_them() {
        assert_eq!(strtol(b"-42 rest", 0), Ok((-42, 3)));
        assert_eq!(strtol(b"  0x1fz", 0), Ok((31, 6)));
        assert_eq!(strtol(b"017", 0), Ok((15, 3)));
        assert_eq!(strtol(b"0xg", 16), Ok((0, 1)), "the prefix needs a digit behind it");
        assert_eq!(strtol(b"-9223372036854775808", 10), Ok((i64::MIN, 20)));
        assert_eq!(strtol(b"9223372036854775808", 10), Err(ERANGE));
        assert_eq!(strtoul(b"18446744073709551615", 10), Ok((u64::MAX, 20)));
        assert_eq!(strtoul(b"18446744073709551616", 10), Err(ERANGE));
        assert_eq!(strtoul(b"-1", 10), Err(EINVAL));
        for bad in [&b""[..], b"-", b"   ", b"x"] {
            assert_eq!(strtol(bad, 10), Err(EINVAL), "{bad:?}");
        }
        for base in [2, 7, 36, 10 | 1 << 32] {
            assert_eq!(strtol(b"1", base), Err(EINVAL), "base {base}");
        }
    }
}
