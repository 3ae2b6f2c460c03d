//! Bytes as text.

use crate::Failure;

/// Lower-case hex.
pub(crate) fn encode(bytes: &[u8]) -> String {
    bytes.iter().map(|b| format!("{b:02x}")).collect()
}

/// Hex digits, blanks and colons between bytes ignored.
pub(crate) fn decode(what: &str, text: &str) -> Result<Vec<u8>, Failure> {
    let digits: Vec<u8> = text.bytes().filter(|b| !b.is_ascii_whitespace() && *b != b':').collect();
    let digits = digits.strip_prefix(b"0x").unwrap_or(&digits);
    if !digits.len().is_multiple_of(2) {
        return Err(Failure(format!("{what}: {} hex digits are no whole bytes", digits.len())));
    }
    let value = |b: u8| (b as char).to_digit(16).map(|d| d as u8);
    digits
        .chunks(2)
        .map(|pair| match (value(pair[0]), value(pair[1])) {
            (Some(high), Some(low)) => Ok(high << 4 | low),
            _ => Err(Failure(format!("{what}: `{}` is no hex byte", String::from_utf8_lossy(pair)))),
        })
        .collect()
}

/// A number, decimal or with 0x.
pub(crate) fn number(what: &str, text: &str) -> Result<u64, Failure> {
    let parsed = match text.strip_prefix("0x") {
        Some(hex) => u64::from_str_radix(hex, 16).ok(),
        None => text.parse().ok().or_else(|| text.parse::<i64>().ok().map(|n| n as u64)),
    };
    parsed.ok_or_else(|| Failure(format!("{what}: `{text}` is no number")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_survive_and_bad_ones_are_named() {
        assert_eq!(decode("--data", "00 ff:Ab").expect("hex"), [0, 255, 0xab]);
        assert_eq!(encode(&[0, 255, 0xab]), "00ffab");
        assert!(decode("--data", "0").expect_err("odd").0.contains("1 hex digits"));
        assert!(decode("--data", "zz").expect_err("not hex").0.contains("`zz`"));
    }

    #[test]
    fn numbers_have_two_bases_and_a_sign() {
        assert_eq!(number("n", "0x10").expect("hex"), 16);
        assert_eq!(number("n", "-1").expect("signed"), u64::MAX);
        assert!(number("n", "ten").is_err());
    }
}
