//! Text as C has it: bytes up to a NUL. How much of it is there is part of the proof; where a NUL has not come by then,
//! the text ends in a fault.

use stingless::{Mem, Text};

use crate::errno::{E2BIG, EFAULT, ENOENT, ERANGE};

/// Linux looks at most at this many bytes of a text.
const MOST: usize = 65536;
/// Bytes that are looked at together.
const CHUNK: usize = 64;

/// Why a text has no more bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum End {
    /// A NUL follows.
    Nul,
    /// What follows may not be read.
    Fault,
    /// No more were asked for.
    Cut,
}

/// A text as it was when it was read.
#[derive(Debug)]
struct Chars {
    /// Its bytes, without the NUL.
    bytes: Vec<u8>,
    end: End,
}

impl Chars {
    /// At most `most` bytes.
    fn read(mem: &Mem<'_>, most: usize) -> Chars {
        let limit = mem.len().min(most);
        let mut bytes = Vec::new();
        while bytes.len() < limit {
            let mut chunk = [0; CHUNK];
            let chunk = &mut chunk[..CHUNK.min(limit - bytes.len())];
            mem.read(bytes.len(), chunk);
            if let Some(nul) = chunk.iter().position(|&b| b == 0) {
                bytes.extend_from_slice(&chunk[..nul]);
                return Chars { bytes, end: End::Nul };
            }
            bytes.extend_from_slice(chunk);
        }
        let end = if limit < most { End::Fault } else { End::Cut };
        Chars { bytes, end }
    }

    /// The whole of it, as far as Linux looks.
    fn whole(mem: &Mem<'_>) -> Chars {
        Chars::read(mem, MOST)
    }

    /// What looking for a byte that is not there comes to, where a NUL means `nul`.
    fn ended(&self, nul: i64) -> i64 {
        match self.end {
            End::Nul => nul,
            End::Fault => EFAULT,
            End::Cut => E2BIG,
        }
    }

    /// The byte at a place below [`MOST`], the NUL as well.
    fn at(&self, at: usize) -> Result<u8, i64> {
        match (self.bytes.get(at), self.ended(0)) {
            (Some(&byte), _) => Ok(byte),
            (None, 0) => Ok(0),
            (None, errno) => Err(errno),
        }
    }

    /// Where a byte is first, the NUL as well; `missing` where it is not.
    fn find(&self, byte: u8, missing: i64) -> i64 {
        match self.bytes.iter().position(|&b| b == byte) {
            Some(at) => at as i64,
            None if byte == 0 => self.ended(self.bytes.len() as i64),
            None => self.ended(missing),
        }
    }

    /// Which bytes occur.
    fn set(&self) -> [bool; 256] {
        let mut set = [false; 256];
        self.bytes.iter().for_each(|&b| set[usize::from(b)] = true);
        set
    }
}

/// The lower-case letter of an upper-case one of Latin-1, as Linux has them.
fn lower(byte: u8) -> u8 {
    if byte.is_ascii_uppercase() || (0xc0..=0xde).contains(&byte) && byte != 0xd7 { byte + 32 } else { byte }
}

/// Whether two texts are the same, or which is the lesser: 0, -1 or 1.
fn compare(a: &Chars, b: &Chars, fold: fn(u8) -> u8) -> i64 {
    let step = |at| -> Result<Option<i64>, i64> {
        let (x, y) = (fold(a.at(at)?), fold(b.at(at)?));
        Ok(match x.cmp(&y) {
            std::cmp::Ordering::Less => Some(-1),
            std::cmp::Ordering::Greater => Some(1),
            std::cmp::Ordering::Equal if x == 0 => Some(0),
            std::cmp::Ordering::Equal => None,
        })
    };
    (0..MOST).find_map(|at| step(at).unwrap_or_else(Some)).unwrap_or(E2BIG)
}

/// How many bytes at the start of a text are of a set.
fn span(text: &Chars, of: &Chars) -> i64 {
    let set = of.set();
    match text.bytes.iter().position(|&b| !set[usize::from(b)]) {
        // It would have been found, further on.
        Some(at) => of.ended(at as i64),
        None => text.ended(text.bytes.len() as i64),
    }
}

/// How many bytes at the start of a text are not of a set.
fn span_without(text: &Chars, of: &Chars) -> i64 {
    let set = of.set();
    // For the first byte that is not of the set, the whole set is looked at.
    let whole = of.ended(0);
    match text.bytes.first() {
        Some(&first) if !set[usize::from(first)] && whole != 0 => whole,
        Some(_) | None => {
            let at = text.bytes.iter().position(|&b| set[usize::from(b)]);
            at.map_or_else(|| text.ended(text.bytes.len() as i64), |at| at as i64)
        }
    }
}

/// Where `word` is in `text`, of which at most `len` bytes were to be read. In time linear in both (Knuth, Morris, Pratt):
/// a program may ask this of 64 KiB of each.
fn find(text: &Chars, word: &Chars) -> i64 {
    let found = |at: usize| word.ended(at as i64);
    if word.bytes.is_empty() {
        return found(0);
    }
    let borders = borders(&word.bytes);
    let mut matched = 0;
    for (at, &byte) in text.bytes.iter().enumerate() {
        while matched > 0 && word.bytes[matched] != byte {
            matched = borders[matched - 1];
        }
        matched += usize::from(word.bytes[matched] == byte);
        let start = at + 1 - matched;
        if start >= MOST {
            return E2BIG;
        }
        if matched == word.bytes.len() {
            return found(start);
        }
    }
    if text.end == End::Fault { EFAULT } else { ENOENT }
}

/// For each prefix of a word, how long its longest end is that the word begins with, shorter than the prefix.
fn borders(word: &[u8]) -> Vec<usize> {
    let mut borders = vec![0; word.len()];
    let mut length = 0;
    for at in 1..word.len() {
        while length > 0 && word[length] != word[at] {
            length = borders[length - 1];
        }
        length += usize::from(word[length] == word[at]);
        borders[at] = length;
    }
    borders
}

/// What a function of one text gives.
fn one<const A: usize>(text: &Text<'_, A>, f: impl FnOnce(&Mem<'_>) -> i64) -> i32 {
    text.get().map_or(ERANGE, |text| f(&text)) as i32
}

/// What a function of two texts gives.
fn two<const A: usize, const B: usize>(
    a: &Text<'_, A>,
    b: &Text<'_, B>,
    f: impl FnOnce(&Mem<'_>, &Mem<'_>) -> i64,
) -> i32 {
    a.get().zip(b.get()).map_or(ERANGE, |(a, b)| f(&a, &b)) as i32
}

/// `len` as far as a search can depend on it: a word of at most [`MOST`] bytes that begins before byte [`MOST`].
fn window(len: u64) -> usize {
    len.min(2 * MOST as u64) as usize
}

stingless::bpf_call_2! {
    /// Compares two texts: 0, -1 or 1; `-ERANGE` for NULL, `-EFAULT` where one has no end in memory that is known to be
    /// readable, `-E2BIG` beyond 64 KiB. So do all that follow.
    #[kfunc]
    #[effects(no_trap)]
    pub fn bpf_strcmp(_caller, s1: Text<2>, s2: Text<3>) -> i32 {
        two(&s1, &s2, |a, b| compare(&Chars::whole(a), &Chars::whole(b), |b| b))
    }
}

stingless::bpf_call_2! {
    /// Compares two texts, letters without regard to case. See `bpf_strcmp`.
    #[kfunc]
    #[effects(no_trap)]
    pub fn bpf_strcasecmp(_caller, s1: Text<2>, s2: Text<3>) -> i32 {
        two(&s1, &s2, |a, b| compare(&Chars::whole(a), &Chars::whole(b), lower))
    }
}

stingless::bpf_call_3! {
    /// Where a byte is first in the first `count` of a text: its place or `-ENOENT`. See `bpf_strcmp`.
    #[kfunc]
    #[effects(no_trap)]
    pub fn bpf_strnchr(_caller, s: Text<3>, count: u64, c: u8) -> i32 {
        one(&s, |s| {
            let most = MOST.min(window(count));
            let text = Chars::read(s, most);
            let found = text.find(c, ENOENT);
            if found == E2BIG && most < MOST { ENOENT } else { found }
        })
    }
}

stingless::bpf_call_2! {
    /// Where a byte is first in a text: its place or `-ENOENT`. See `bpf_strcmp`.
    #[kfunc]
    #[effects(no_trap)]
    pub fn bpf_strchr(_caller, s: Text<2>, c: u8) -> i32 {
        one(&s, |s| Chars::whole(s).find(c, ENOENT))
    }
}

stingless::bpf_call_2! {
    /// Where a byte is first in a text, or where the text ends. See `bpf_strcmp`.
    #[kfunc]
    #[effects(no_trap)]
    pub fn bpf_strchrnul(_caller, s: Text<2>, c: u8) -> i32 {
        one(&s, |s| {
            let text = Chars::whole(s);
            text.find(c, text.bytes.len() as i64)
        })
    }
}

stingless::bpf_call_2! {
    /// Where a byte is last in a text: its place or `-ENOENT`. See `bpf_strcmp`.
    #[kfunc]
    #[effects(no_trap)]
    pub fn bpf_strrchr(_caller, s: Text<2>, c: u8) -> i32 {
        one(&s, |s| {
            let text = Chars::whole(s);
            let last = if c == 0 { Some(text.bytes.len()) } else { text.bytes.iter().rposition(|&b| b == c) };
            text.ended(last.map_or(ENOENT, |at| at as i64))
        })
    }
}

stingless::bpf_call_1! {
    /// Bytes of a text before its end. See `bpf_strcmp`.
    #[kfunc]
    #[effects(no_trap)]
    pub fn bpf_strlen(_caller, s: Text<1>) -> i32 {
        one(&s, |s| Chars::whole(s).find(0, 0))
    }
}

stingless::bpf_call_2! {
    /// Bytes of a text before its end, at most `count`. See `bpf_strcmp`.
    #[kfunc]
    #[effects(no_trap)]
    pub fn bpf_strnlen(_caller, s: Text<2>, count: u64) -> i32 {
        one(&s, |s| {
            let most = MOST.min(window(count));
            let found = Chars::read(s, most).find(0, 0);
            if found == E2BIG && most < MOST { most as i64 } else { found }
        })
    }
}

stingless::bpf_call_2! {
    /// How many bytes at the start of `s` are among those of `accept`. See `bpf_strcmp`.
    #[kfunc]
    #[effects(no_trap)]
    pub fn bpf_strspn(_caller, s: Text<2>, accept: Text<3>) -> i32 {
        two(&s, &accept, |s, accept| span(&Chars::whole(s), &Chars::whole(accept)))
    }
}

stingless::bpf_call_2! {
    /// How many bytes at the start of `s` are not among those of `reject`. See `bpf_strcmp`.
    #[kfunc]
    #[effects(no_trap)]
    pub fn bpf_strcspn(_caller, s: Text<2>, reject: Text<3>) -> i32 {
        two(&s, &reject, |s, reject| span_without(&Chars::whole(s), &Chars::whole(reject)))
    }
}

stingless::bpf_call_2! {
    /// Where `s2` is first in `s1`: its place or `-ENOENT`. See `bpf_strcmp`.
    #[kfunc]
    #[effects(no_trap)]
    pub fn bpf_strstr(_caller, s1: Text<2>, s2: Text<3>) -> i32 {
        two(&s1, &s2, |text, word| find(&Chars::whole(text), &Chars::whole(word)))
    }
}

stingless::bpf_call_3! {
    /// Where `s2` is first in the first `len` bytes of `s1`: its place or `-ENOENT`. See `bpf_strcmp`.
    #[kfunc]
    #[effects(no_trap)]
    pub fn bpf_strnstr(_caller, s1: Text<3>, s2: Text<4>, len: u64) -> i32 {
        two(&s1, &s2, |text, word| find(&Chars::read(text, window(len)), &Chars::whole(word)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A text that ends with a NUL, or in a fault where it ends with `!`.
    fn text(text: &str) -> Chars {
        let end = if text.ends_with('!') { End::Fault } else { End::Nul };
        Chars { bytes: text.trim_end_matches('!').bytes().collect(), end }
    }

    /// The search of Linux, word for word what its description says: each start in turn.
    fn slow_find(text: &Chars, word: &Chars, len: usize) -> i64 {
        for start in 0..MOST {
            let mut at = 0;
            while start + at <= len && at < MOST {
                let wanted = match word.at(at) {
                    Ok(0) => return start as i64,
                    Ok(wanted) => wanted,
                    Err(errno) => return errno,
                };
                if start + at == len {
                    return ENOENT;
                }
                match text.at(start + at) {
                    Ok(0) => return ENOENT,
                    Ok(byte) if byte != wanted => break,
                    Ok(_) => at += 1,
                    Err(errno) => return errno,
                }
            }
        }
        E2BIG
    }

    #[test]
    fn a_word_is_found_as_by_trying_each_start() {
        let texts = ["", "!", "a", "a!", "ab", "aab", "aab!", "abab", "ababc!", "aaaab", "abcabcabd", "abcabcab!"];
        let words = ["", "!", "a", "b!", "ab", "aab", "abc", "abd", "abab", "aaab", "ab!", "abcabd", "c"];
        for (t, w) in texts.iter().flat_map(|t| words.iter().map(move |w| (t, w))) {
            for len in 0..10 {
                let whole = text(t);
                let cut = whole.bytes.len() > len || whole.bytes.len() == len;
                let bytes = whole.bytes.iter().copied().take(len).collect();
                let seen = Chars { bytes, end: if cut { End::Cut } else { whole.end } };
                assert_eq!(find(&seen, &text(w)), slow_find(&whole, &text(w), len), "{w:?} in {t:?}, {len}");
            }
        }
    }

    #[test]
    fn what_lies_behind_64_kib_is_not_looked_at() {
        let long = |n: usize, end| Chars { bytes: vec![b'a'; n], end };
        assert_eq!(long(MOST, End::Cut).find(b'b', ENOENT), E2BIG);
        assert_eq!(find(&long(MOST, End::Cut), &text("b")), E2BIG);
        assert_eq!(slow_find(&long(MOST, End::Cut), &text("b"), MOST), E2BIG);
        assert_eq!(find(&long(MOST, End::Cut), &text("ab")), ENOENT);
        assert_eq!(slow_find(&long(MOST, End::Cut), &text("ab"), MOST), ENOENT);
        assert_eq!(find(&long(2 * MOST, End::Cut), &text("b")), E2BIG);
        assert_eq!(compare(&long(MOST, End::Cut), &long(MOST, End::Cut), |b| b), E2BIG);
        assert_eq!(find(&long(MOST, End::Cut), &long(MOST, End::Cut)), E2BIG);
        assert_eq!(span(&text("ab"), &long(MOST, End::Cut)), E2BIG);
    }

    #[test]
    fn letters_are_those_of_latin_1() {
        let changed: Vec<u8> = (0..=255).filter(|&b| lower(b) != b).collect();
        assert_eq!(changed.len(), 26 + 30);
        assert_eq!((lower(b'Z'), lower(0xc0), lower(0xd7), lower(0xdf)), (b'z', 0xe0, 0xd7, 0xdf));
    }
}
