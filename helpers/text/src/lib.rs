//! Helpers over text: find, prefix and compare. Texts are bytes, given as pointer and length; nothing is NUL-terminated.
//!
//! ```
//! use stingless::Helper;
//! assert_eq!(
//!     stingless_helpers_text::text_prefix::proto().c_signature(),
//!     "_Bool text_prefix(const void *text, __u64 text_len, const void *prefix, __u64 prefix_len)"
//! );
//! ```
#![forbid(unsafe_code)]

use std::cmp::Ordering;

use stingless::{Helpers, Mem, helpers};

/// Every helper of this crate.
pub static TEXT: Helpers = helpers![text_find, text_prefix, text_compare, text_prefix_nocase];

stingless::bpf_call_4! {
    /// Offset of the first `needle` in `haystack` in bytes, or -1. An empty needle is at 0.
    #[id = 1000]
    #[effects(no_trap)]
    pub fn text_find(_caller, haystack: Mem, needle: Mem) -> i64 {
        find(&haystack.to_vec(), &needle.to_vec()).map_or(-1, |at| at as i64)
    }
}

stingless::bpf_call_4! {
    /// Whether `text` starts with `prefix`.
    #[id = 1001]
    #[effects(no_trap)]
    pub fn text_prefix(_caller, text: Mem, prefix: Mem) -> bool {
        prefix.len() <= text.len() && text.to_vec().starts_with(&prefix.to_vec())
    }
}

stingless::bpf_call_4! {
    /// Compares byte by byte: -1, 0 or 1 as `a` sorts before `b`, equals it, or sorts behind it. A prefix sorts first.
    #[id = 1002]
    #[effects(no_trap)]
    pub fn text_compare(_caller, a: Mem, b: Mem) -> i32 {
        order(a.to_vec().cmp(&b.to_vec()))
    }
}

stingless::bpf_call_4! {
    /// Whether `text` starts with `prefix`, where ASCII letters match in either case.
    #[id = 1003]
    #[effects(no_trap)]
    pub fn text_prefix_nocase(_caller, text: Mem, prefix: Mem) -> bool {
        let (text, prefix) = (text.to_vec(), prefix.to_vec());
        text.get(..prefix.len()).is_some_and(|start| start.eq_ignore_ascii_case(&prefix))
    }
}

/// Looks for the needle's first byte, then compares: texts here are paths and headers, a few hundred bytes.
fn find(haystack: &[u8], needle: &[u8]) -> Option<usize> {
    let Some(first) = needle.first() else { return Some(0) };
    let last = haystack.len().checked_sub(needle.len())?;
    let starts = &haystack[..=last];
    let mut at = 0;
    while let Some(found) = starts[at..].iter().position(|b| b == first) {
        at += found;
        if haystack[at..].starts_with(needle) {
            return Some(at);
        }
        at += 1;
    }
    None
}

fn order(order: Ordering) -> i32 {
    match order {
        Ordering::Less => -1,
        Ordering::Equal => 0,
        Ordering::Greater => 1,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn find_agrees_with_the_obvious_search() {
        let obvious = |h: &[u8], n: &[u8]| (0..=h.len()).find(|&at| h[at..].starts_with(n));
        let letters = [b'a', b'b'];
        let words = |len: usize| -> Vec<Vec<u8>> {
            (0..1usize << len).map(|bits| (0..len).map(|i| letters[bits >> i & 1]).collect()).collect()
        };
        for h in (0..=6).flat_map(words) {
            for n in (0..=4).flat_map(words) {
                assert_eq!(find(&h, &n), obvious(&h, &n), "{n:?} in {h:?}");
            }
        }
    }

    #[test]
    fn order_is_that_of_bytes() {
        assert_eq!(order(b"a".cmp(b"b")), -1);
        assert_eq!(order(b"\xff".as_slice().cmp(b"a")), 1);
        assert_eq!(order(b"ab".as_slice().cmp(b"a")), 1);
        assert_eq!(order(b"".cmp(b"")), 0);
    }

    #[test]
    fn prototypes_take_pointer_and_length_pairs() {
        use stingless::Helper;
        assert_eq!(
            text_find::proto().c_signature(),
            "long text_find(const void *haystack, __u64 haystack_len, const void *needle, __u64 needle_len)"
        );
        assert_eq!([text_find::proto().id, text_prefix::proto().id, text_compare::proto().id], [1000, 1001, 1002]);
    }
}
