//! What a table makes of keys: any bytes, an index below the capacity, or a prefix of which the longest match counts.
//!
//! A trie of prefixes is a hash table whose keys are cut to their length, and a note of the lengths that ever came: a
//! lookup tries those from the longest on. The note is never taken back, so that readers need no lock.

use stingless_abi::map::BPF_NOEXIST;
use stingless_abi::{MapKind, MapSpec};

use super::fault::Fault;
use super::raw::Source;
use super::table::{Put, Table, with_key};
use crate::sync::{AtomicU64, Ordering};

/// Most bytes of a prefix: its length, and 256 of data.
const PREFIX_MAX: usize = 260;
/// Bytes of the length.
const LEN: usize = 4;

/// What keys must be.
#[derive(Debug)]
pub(crate) enum Keys {
    /// Any bytes.
    Any,
    /// A number below the capacity.
    Index(u32),
    /// A prefix.
    Prefix(Prefixes),
}

/// The lengths of prefixes that ever came into a map.
#[derive(Debug)]
pub(crate) struct Prefixes {
    seen: Box<[AtomicU64]>,
    key_size: usize,
}

/// A prefix, cut to its length.
struct Prefix {
    bytes: [u8; PREFIX_MAX],
    len: u32,
}

impl Prefix {
    /// Cuts it to `len` bits.
    fn cut(&mut self, len: u32) {
        let data = &mut self.bytes[LEN..];
        let whole = (len / 8) as usize;
        if let Some(byte) = data.get_mut(whole) {
            *byte &= !(0xff >> (len % 8));
            data[whole + 1..].fill(0);
        }
        self.bytes[..LEN].copy_from_slice(&len.to_le_bytes());
        self.len = len;
    }
}

impl Prefixes {
    fn new(key_size: u32) -> Prefixes {
        let key_size = (key_size as usize).clamp(LEN, PREFIX_MAX);
        let lengths = (key_size - LEN) * 8 + 1;
        Prefixes { seen: (0..lengths.div_ceil(64)).map(|_| AtomicU64::new(0)).collect(), key_size }
    }

    /// The key, cut to its length; `None` where it says that it is longer than it can be.
    fn take(&self, key: &Source<'_>) -> Option<Prefix> {
        let mut prefix = Prefix { bytes: [0; PREFIX_MAX], len: 0 };
        for (i, part) in prefix.bytes[..self.key_size].chunks_mut(8).enumerate() {
            part.copy_from_slice(&key.word(i).to_le_bytes()[..part.len()]);
        }
        let len = key.word(0) as u32;
        if len as usize > (self.key_size - LEN) * 8 {
            return None;
        }
        prefix.cut(len);
        Some(prefix)
    }

    fn note(&self, len: u32) {
        if let Some(word) = self.seen.get(len as usize / 64) {
            word.fetch_or(1 << (len % 64), Ordering::Release);
        }
    }

    /// The longest length that came and is at most `len`.
    fn below(&self, len: u32) -> Option<u32> {
        let mut at = len as usize / 64;
        let mut mask = u64::MAX >> (63 - len % 64);
        loop {
            let bits = self.seen.get(at)?.load(Ordering::Acquire) & mask;
            if bits != 0 {
                return Some((at * 64) as u32 + 63 - bits.leading_zeros());
            }
            at = at.checked_sub(1)?;
            mask = u64::MAX;
        }
    }
}

impl Keys {
    pub(crate) fn new(spec: &MapSpec) -> Keys {
        match spec.kind {
            MapKind::LpmTrie => Keys::Prefix(Prefixes::new(spec.key_size)),
            kind if kind.is_handles() && !matches!(kind, MapKind::DevmapHash | MapKind::Sockhash) => {
                Keys::Index(spec.max_entries)
            }
            _ => Keys::Any,
        }
    }

    /// Calls `look` with the key, or with the prefixes that may be the longest match, until it finds something.
    pub(crate) fn look<R>(&self, key: Source<'_>, mut look: impl FnMut(Source<'_>) -> Option<R>) -> Option<R> {
        let Keys::Prefix(prefixes) = self else { return look(key) };
        let mut prefix = prefixes.take(&key)?;
        let mut most = prefix.len;
        loop {
            prefix.cut(prefixes.below(most)?);
            if let Some(found) = look(Source::from(&prefix.bytes[..prefixes.key_size])) {
                return Some(found);
            }
            most = prefix.len.checked_sub(1)?;
        }
    }

    pub(crate) fn update(&self, table: &Table, key: Source<'_>, put: Put<'_>, flags: u64) -> Result<(), Fault> {
        match self {
            Keys::Any => with_key!(table, key, |words| table.update(words, put, flags)),
            Keys::Index(entries) => {
                let index = key.word(0) as u32;
                if index >= *entries {
                    return Err(Fault::Index(index));
                }
                if flags == BPF_NOEXIST {
                    return Err(Fault::Exists);
                }
                with_key!(table, key, |words| table.update(words, put, flags))
            }
            Keys::Prefix(prefixes) => {
                let prefix = prefixes.take(&key).ok_or(Fault::Operation("this prefix length", libc::EINVAL))?;
                // First the note: whoever finds the element may look for it.
                prefixes.note(prefix.len);
                let key = Source::from(&prefix.bytes[..prefixes.key_size]);
                let done = with_key!(table, key, |words| table.update(words, put, flags));
                done.map_err(|fault| if fault == Fault::Full { Fault::NoSpace } else { fault })
            }
        }
    }

    pub(crate) fn delete(&self, table: &Table, key: Source<'_>) -> Result<(), Fault> {
        match self {
            Keys::Any => with_key!(table, key, |words| table.delete(words)),
            Keys::Index(entries) if key.word(0) as u32 >= *entries => Err(Fault::Operation("this index", libc::EINVAL)),
            // Taking away what is not there is no error.
            Keys::Index(_) => {
                let _ = with_key!(table, key, |words| table.delete(words));
                Ok(())
            }
            Keys::Prefix(prefixes) => {
                let prefix = prefixes.take(&key).ok_or(Fault::Operation("this prefix length", libc::EINVAL))?;
                let key = Source::from(&prefix.bytes[..prefixes.key_size]);
                with_key!(table, key, |words| table.delete(words))
            }
        }
    }
}
