//! Text by format, as Linux's `bpf_snprintf`, `bpf_trace_printk` and `bpf_trace_vprintk` make it.
//!
//! `%[flags][width]` and `d i u x X` (with `l`, `ll`), `c`, `s`, `p` and its kin, `%%`. Addresses are never followed and
//! never shown: `%s` gives nothing, `%p` the same word for all.

use crate::errno::EINVAL;

/// Most values that a format takes.
pub(crate) const MAX_VALUES: usize = 12;

/// One conversion's flags and width.
#[derive(Clone, Copy, Default)]
struct Spec {
    zero: bool,
    plus: bool,
    minus: bool,
    blank: bool,
    width: usize,
}

impl Spec {
    /// Reads flags and width at the start of `text`; gives how long they are.
    fn read(text: &[u8]) -> (Spec, usize) {
        let mut spec = Spec::default();
        let flags = text.iter().take_while(|b| matches!(b, b'0' | b'+' | b'-' | b' ')).count();
        for flag in &text[..flags] {
            match flag {
                b'0' => spec.zero = true,
                b'+' => spec.plus = true,
                b'-' => spec.minus = true,
                _ => spec.blank = true,
            }
        }
        let digits = text[flags..].iter().take_while(|b| b.is_ascii_digit()).count();
        let number = |n: usize, b: &u8| n.saturating_mul(10).saturating_add(usize::from(b - b'0'));
        // No line is longer than a page.
        spec.width = text[flags..flags + digits].iter().fold(0, number).min(4096);
        (spec, flags + digits)
    }

    /// A sign and digits, padded.
    fn number(self, sign: &str, digits: &str, out: &mut Vec<u8>) {
        let missing = self.width.saturating_sub(sign.len() + digits.len());
        let pad = |out: &mut Vec<u8>, byte: u8| out.extend(std::iter::repeat_n(byte, missing));
        if !self.minus && !self.zero {
            pad(out, b' ');
        }
        out.extend(sign.bytes());
        if !self.minus && self.zero {
            pad(out, b'0');
        }
        out.extend(digits.bytes());
        if self.minus {
            pad(out, b' ');
        }
    }

    fn text(self, text: &str, out: &mut Vec<u8>) {
        Spec { zero: false, ..self }.number("", text, out);
    }
}

/// The end of a conversion that is a word of its own: nothing, a blank or punctuation follows.
fn ends(rest: &[u8]) -> bool {
    rest.first().is_none_or(|b| b.is_ascii_whitespace() || b.is_ascii_punctuation())
}

/// A signed or unsigned number.
fn integer(spec: Spec, conversion: u8, longs: usize, value: u64, out: &mut Vec<u8>) -> Result<(), i64> {
    let wide = longs > 0;
    match conversion {
        b'd' | b'i' => {
            let value = if wide { value as i64 } else { i64::from(value as i32) };
            let sign = match value {
                ..0 => "-",
                _ if spec.plus => "+",
                _ if spec.blank => " ",
                _ => "",
            };
            spec.number(sign, &value.unsigned_abs().to_string(), out);
        }
        b'u' | b'x' | b'X' => {
            let value = if wide { value } else { u64::from(value as u32) };
            let digits = match conversion {
                b'u' => value.to_string(),
                b'x' => format!("{value:x}"),
                _ => format!("{value:X}"),
            };
            spec.number("", &digits, out);
        }
        _ => return Err(EINVAL),
    }
    Ok(())
}

/// Bytes of the kinds of `%p`: `%p`, `%pK`, `%px`, `%ps`, `%pS`, `%pB`, `%pi4`, `%pI6`, `%pks`, `%pus`.
fn pointer(rest: &[u8]) -> Result<usize, i64> {
    match *rest {
        [b'i' | b'I', b'4' | b'6', ..] | [b'k' | b'u', b's', ..] => Ok(2),
        [b'K' | b'x' | b's' | b'S' | b'B', ..] => Ok(1),
        _ if ends(rest) => Ok(0),
        _ => Err(EINVAL),
    }
}

/// The text of a format, which ends at its NUL, with values in their order.
pub(crate) fn format(text: &[u8], values: &[u64]) -> Result<Vec<u8>, i64> {
    let end = text.iter().position(|&b| b == 0).ok_or(EINVAL)?;
    let text = &text[..end];
    if text.iter().any(|b| !b.is_ascii_graphic() && !b.is_ascii_whitespace() && *b != 0x0b) {
        return Err(EINVAL);
    }
    let mut out = Vec::with_capacity(text.len() + 32);
    let mut values = values.iter().copied();
    let mut at = 0;
    while at < text.len() {
        let byte = text[at];
        at += 1;
        if byte != b'%' {
            out.push(byte);
            continue;
        }
        if text.get(at) == Some(&b'%') {
            out.push(b'%');
            at += 1;
            continue;
        }
        let value = values.next().ok_or(EINVAL)?;
        at += conversion(&text[at..], value, &mut out)?;
    }
    Ok(out)
}

/// One conversion, behind its `%`; gives how long it is.
fn conversion(text: &[u8], value: u64, out: &mut Vec<u8>) -> Result<usize, i64> {
    let (spec, skip) = Spec::read(text);
    let rest = &text[skip..];
    let longs = rest.iter().take(2).take_while(|&&b| b == b'l').count();
    let kind = *rest.get(longs).ok_or(EINVAL)?;
    let tail = &rest[longs + 1..];
    let more = match (kind, longs) {
        (b'p', 0) => {
            let more = pointer(tail)?;
            spec.text("(ptrval)", out);
            more
        }
        (b's', 0) if ends(tail) => {
            spec.text("", out);
            0
        }
        (b'c', 0) => {
            spec.text(&char::from(value as u8 & 0x7f).to_string(), out);
            0
        }
        (_, _) => {
            integer(spec, kind, longs, value, out)?;
            0
        }
    };
    Ok(skip + longs + 1 + more)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(format: &str, values: &[u64]) -> Result<String, i64> {
        super::format(format!("{format}\0").as_bytes(), values).map(|t| String::from_utf8(t).unwrap())
    }

    #[test]
    fn conversions_are_those_of_linux() {
        assert_eq!(text("a=%d b=%x\n", &[u64::MAX, 255]).as_deref(), Ok("a=-1 b=ff\n"));
        assert_eq!(text("%lld %llu%%", &[u64::MAX, 7]).as_deref(), Ok("-1 7%"));
        assert_eq!(
            text("[%5d|%-5d|%05d|%+d|% d]", &[42, 42, 42, 42, 42]).as_deref(),
            Ok("[   42|42   |00042|+42| 42]")
        );
        assert_eq!(text("[%08X|%lx|%c]", &[0xbeef, u64::MAX, 65]).as_deref(), Ok("[0000BEEF|ffffffffffffffff|A]"));
        assert_eq!(text("%06d", &[-42i64 as u64]).as_deref(), Ok("-00042"));
        assert_eq!(text("[%s]", &[4096]).as_deref(), Ok("[]"), "addresses are not followed");
        assert_eq!(text("%p %px %pI4", &[1, 2, 3]).as_deref(), Ok("(ptrval) (ptrval) (ptrval)"));
    }

    #[test]
    fn bad_formats_are_refused() {
        assert_eq!(format(b"no end", &[]), Err(EINVAL));
        for bad in ["%", "%l", "%q", "%pz", "%sx", "%lld", "\x01"] {
            assert_eq!(text(bad, &[]), Err(EINVAL), "{bad:?}");
        }
        assert_eq!(text("%d%d", &[1]), Err(EINVAL), "too few values");
        assert_eq!(text("%f", &[1]), Err(EINVAL));
    }
}
