//! Lookup in a block of header lines: `Name: value`, each ended by CRLF or LF, as they came over the wire.

use stingless::{Mem, Out};

/// Linux's `ENOENT`.
const ENOENT: i64 = 2;

stingless::bpf_call_5! {
    /// Looks up the first header called `name` (ASCII letters in either case) in a block of header lines. Returns the
    /// length of its value without blanks around it, and stores the value's offset in the block; or returns -2 (ENOENT)
    /// and stores 0.
    #[id = 1100]
    #[effects(no_trap)]
    pub fn http_header(_caller, headers: Mem, name: Mem, at: Out<u32>) -> i64 {
        let mut at = at;
        let block = headers.to_vec();
        // An offset that does not fit cannot come from a block that a server accepted; say that there is none.
        let found = lookup(&block, &name.to_vec()).and_then(|v| Some((u32::try_from(v.start).ok()?, v.len())));
        at.set(found.map_or(0, |(start, _)| start));
        found.map_or(-ENOENT, |(_, len)| len as i64)
    }
}

stingless::bpf_call_4! {
    /// Whether a block of header lines has `line`, given as `Name: value`: the name in either case, the value exactly,
    /// blanks around it aside. Every header of that name counts, not only the first.
    #[id = 1101]
    #[effects(no_trap)]
    pub fn http_header_has(_caller, headers: Mem, line: Mem) -> bool {
        has(&headers.to_vec(), &line.to_vec())
    }
}

/// Name and value of each line that has a colon, with the value's range in the block.
fn lines(block: &[u8]) -> impl Iterator<Item = (&[u8], std::ops::Range<usize>)> {
    let mut at = 0;
    block.split_inclusive(|&b| b == b'\n').filter_map(move |line| {
        let start = at;
        at += line.len();
        let colon = line.iter().position(|&b| b == b':')?;
        Some((&line[..colon], trimmed(block, start + colon + 1..at)))
    })
}

/// The range without blanks, CR and LF at its ends.
fn trimmed(block: &[u8], range: std::ops::Range<usize>) -> std::ops::Range<usize> {
    let blank = |b: &u8| matches!(b, b' ' | b'\t' | b'\r' | b'\n');
    let text = &block[range.clone()];
    let front = text.iter().take_while(|b| blank(b)).count();
    let back = text[front..].iter().rev().take_while(|b| blank(b)).count();
    range.start + front..range.end - back
}

fn lookup(block: &[u8], name: &[u8]) -> Option<std::ops::Range<usize>> {
    lines(block).find(|(n, _)| n.eq_ignore_ascii_case(name)).map(|(_, value)| value)
}

fn has(block: &[u8], line: &[u8]) -> bool {
    let Some((name, value)) = lines(line).next() else { return false };
    lines(block).any(|(n, v)| n.eq_ignore_ascii_case(name) && block[v] == line[value.clone()])
}

#[cfg(test)]
mod tests {
    use super::*;

    const BLOCK: &[u8] = b"Host: a.example\r\nX-Key:  one \r\nx-key: two\nEmpty:\r\nno colon\r\nLast: end";

    fn value(name: &str) -> Option<&'static str> {
        lookup(BLOCK, name.as_bytes()).map(|r| std::str::from_utf8(&BLOCK[r]).unwrap())
    }

    #[test]
    fn names_match_in_either_case_and_values_lose_their_blanks() {
        assert_eq!(value("host"), Some("a.example"));
        assert_eq!(value("X-KEY"), Some("one"), "the first one");
        assert_eq!(value("empty"), Some(""));
        assert_eq!(value("last"), Some("end"), "a last line without its end");
    }

    #[test]
    fn what_is_not_there_is_not_found() {
        for name in ["", "hos", "hostt", "no colon", "a.example", "x-key:"] {
            assert_eq!(value(name), None, "{name:?}");
        }
        assert_eq!(lookup(b"", b"host"), None);
        assert_eq!(lookup(b":", b""), Some(1..1), "an empty name is a name");
    }

    #[test]
    fn has_takes_any_header_of_the_name_and_the_exact_value() {
        assert!(has(BLOCK, b"X-Key: one"));
        assert!(has(BLOCK, b"x-kEY:two"), "the second one, blanks aside");
        assert!(has(BLOCK, b"empty:"));
        assert!(!has(BLOCK, b"X-Key: ONE"), "values match exactly");
        assert!(!has(BLOCK, b"X-Key: on"));
        assert!(!has(BLOCK, b"X-Key"), "not a header line");
        assert!(!has(BLOCK, b""));
    }

    #[test]
    fn a_block_of_any_bytes_is_read_within_its_bounds() {
        let mut seed = 1u32;
        for len in 0..200 {
            let block: Vec<u8> = (0..len)
                .map(|_| {
                    seed = seed.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
                    b":\r\n \tab\xff"[(seed >> 24) as usize % 8]
                })
                .collect();
            for (name, value) in lines(&block) {
                assert!(value.start <= value.end && value.end <= block.len(), "{name:?} in {block:?}");
            }
        }
    }
}
