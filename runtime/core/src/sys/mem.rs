//! Plugin memory as helpers see it: handles that copy. No Rust slice is made over memory that others can write.

use std::fmt;
use std::marker::PhantomData;
use std::ptr::with_exposed_provenance_mut;
use std::sync::atomic::{AtomicU8, AtomicU64, Ordering};

mod sealed {
    pub trait Sealed {}
}

/// A number that can be read from plugin memory: every bit pattern is one.
pub trait Number: sealed::Sealed + Copy {
    /// Bytes: 1 to 8.
    #[doc(hidden)]
    const SIZE: usize;
    #[doc(hidden)]
    fn from_bytes(bytes: [u8; 8]) -> Self;
    #[doc(hidden)]
    fn to_bytes(self) -> [u8; 8];
}

macro_rules! numbers {
    ($($ty:ty),*) => {$(
        impl sealed::Sealed for $ty {}
        impl Number for $ty {
            const SIZE: usize = size_of::<$ty>();

            fn from_bytes(bytes: [u8; 8]) -> Self {
                let mut own = [0; size_of::<$ty>()];
                own.copy_from_slice(&bytes[..Self::SIZE]);
                <$ty>::from_ne_bytes(own)
            }

            fn to_bytes(self) -> [u8; 8] {
                let mut bytes = [0; 8];
                bytes[..Self::SIZE].copy_from_slice(&self.to_ne_bytes());
                bytes
            }
        }
    )*};
}

numbers!(u8, u16, u32, u64, i8, i16, i32, i64);

/// Memory that a plugin lends to a helper for reading. Reads copy, by relaxed atomic loads: the plugin's maps may change
/// under them. The handle ends with the call and stays on its thread.
#[derive(Clone, Copy)]
pub struct Mem<'c> {
    addr: u64,
    len: usize,
    _call: PhantomData<(&'c (), *const ())>,
}

/// Memory that a plugin lends to a helper for reading and writing; see [`Mem`].
pub struct MemMut<'c> {
    mem: Mem<'c>,
}

impl<'c> Mem<'c> {
    /// # Safety
    /// For all of `'c`, `len` bytes at `addr` are live memory whose provenance was exposed (or `len` is 0), and nobody
    /// accesses them other than by atomic or machine-level accesses of plugins.
    pub(crate) unsafe fn new(addr: u64, len: u64) -> Mem<'c> {
        Mem { addr, len: len as usize, _call: PhantomData }
    }

    /// Address and length: readable for `'c`.
    pub(crate) fn raw(&self) -> (u64, u64) {
        (self.addr, self.len as u64)
    }

    /// Bytes.
    #[must_use]
    pub fn len(&self) -> usize {
        self.len
    }

    /// Whether there is no byte.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// Copies as many bytes as `into` holds, from byte `off` on.
    ///
    /// # Panics
    /// If they do not all lie in the memory.
    pub fn read(&self, off: usize, into: &mut [u8]) {
        let from = self.range(off, into.len());
        let mut at = 0;
        while at < into.len() {
            if into.len() - at >= 8 && (from + at).is_multiple_of(8) {
                // SAFETY: 8 bytes inside of the range (checked by `range` and above), aligned, live by `new`'s contract.
                let word = unsafe { AtomicU64::from_ptr(with_exposed_provenance_mut(from + at)) };
                into[at..at + 8].copy_from_slice(&word.load(Ordering::Relaxed).to_ne_bytes());
                at += 8;
            } else {
                // SAFETY: a byte inside of the range (checked by `range`), live by `new`'s contract.
                let byte = unsafe { AtomicU8::from_ptr(with_exposed_provenance_mut(from + at)) };
                into[at] = byte.load(Ordering::Relaxed);
                at += 1;
            }
        }
    }

    /// The number at byte `off`, in the machine's order; `None` where it does not all lie in the memory. A number that
    /// is not aligned may be torn if someone writes it at the same time.
    #[must_use]
    pub fn get<T: Number>(&self, off: usize) -> Option<T> {
        if off.checked_add(T::SIZE)? > self.len {
            return None;
        }
        let mut bytes = [0; 8];
        let from = self.addr as usize + off;
        if T::SIZE == 8 || !from.is_multiple_of(T::SIZE) {
            self.read(off, &mut bytes[..T::SIZE]);
        } else {
            // One load, as the memory model says of aligned accesses.
            bytes = self.word(off, T::SIZE).to_ne_bytes();
        }
        Some(T::from_bytes(bytes))
    }

    /// An aligned load of 1, 2 or 4 bytes, zero-extended.
    fn word(&self, off: usize, size: usize) -> u64 {
        use std::sync::atomic::{AtomicU16, AtomicU32};
        let at = self.range(off, size);
        // SAFETY: `size` bytes inside of the range (checked by `range`), aligned to it (by the caller `get`), live by
        // `new`'s contract.
        let value = unsafe {
            match size {
                1 => u64::from(AtomicU8::from_ptr(with_exposed_provenance_mut(at)).load(Ordering::Relaxed)),
                2 => u64::from(AtomicU16::from_ptr(with_exposed_provenance_mut(at)).load(Ordering::Relaxed)),
                _ => u64::from(AtomicU32::from_ptr(with_exposed_provenance_mut(at)).load(Ordering::Relaxed)),
            }
        };
        // The low bytes of a little-endian word are the number's own; a big-endian word holds them at its end.
        if cfg!(target_endian = "big") { value << (64 - 8 * size) } else { value }
    }

    /// A copy of all bytes.
    #[must_use]
    pub fn to_vec(&self) -> Vec<u8> {
        let mut bytes = vec![0; self.len];
        self.read(0, &mut bytes);
        bytes
    }

    /// A part of the memory; `None` where it does not all lie in it.
    #[must_use]
    pub fn slice(&self, off: usize, len: usize) -> Option<Mem<'c>> {
        if off.checked_add(len)? > self.len {
            return None;
        }
        Some(Mem { addr: self.addr + off as u64, len, _call: PhantomData })
    }

    /// Address of `len` bytes from `off` on.
    fn range(&self, off: usize, len: usize) -> usize {
        assert!(
            off.checked_add(len).is_some_and(|end| end <= self.len),
            "{len} bytes at offset {off} leave the plugin's memory of {} bytes",
            self.len
        );
        self.addr as usize + off
    }
}

impl<'c> MemMut<'c> {
    /// # Safety
    /// As [`Mem::new`], and the bytes may be written.
    pub(crate) unsafe fn new(addr: u64, len: u64) -> MemMut<'c> {
        // SAFETY: passed on to the caller.
        MemMut { mem: unsafe { Mem::new(addr, len) } }
    }

    /// Writes bytes from byte `off` on.
    ///
    /// # Panics
    /// If they do not all lie in the memory.
    pub fn write(&mut self, off: usize, bytes: &[u8]) {
        let to = self.mem.range(off, bytes.len());
        let mut at = 0;
        while at < bytes.len() {
            if let Some(word) = bytes[at..].first_chunk::<8>().filter(|_| (to + at).is_multiple_of(8)) {
                // SAFETY: 8 bytes inside of the range (checked by `range`), aligned, writable by `new`'s contract.
                let cell = unsafe { AtomicU64::from_ptr(with_exposed_provenance_mut(to + at)) };
                cell.store(u64::from_ne_bytes(*word), Ordering::Relaxed);
                at += 8;
            } else {
                // SAFETY: a byte inside of the range (checked by `range`), writable by `new`'s contract.
                let cell = unsafe { AtomicU8::from_ptr(with_exposed_provenance_mut(to + at)) };
                cell.store(bytes[at], Ordering::Relaxed);
                at += 1;
            }
        }
    }

    /// Writes a number at byte `off`, in the machine's order; `false` where it does not all lie in the memory.
    pub fn set<T: Number>(&mut self, off: usize, value: T) -> bool {
        let fits = off.checked_add(T::SIZE).is_some_and(|end| end <= self.mem.len);
        if fits {
            self.write(off, &value.to_bytes()[..T::SIZE]);
        }
        fits
    }

    /// Sets every byte.
    pub fn fill(&mut self, byte: u8) {
        let block = [byte; 64];
        let mut at = 0;
        while at < self.mem.len {
            let n = block.len().min(self.mem.len - at);
            self.write(at, &block[..n]);
            at += n;
        }
    }

    /// The same memory, for reading.
    #[must_use]
    pub fn as_mem(&self) -> Mem<'c> {
        self.mem
    }
}

impl<'c> std::ops::Deref for MemMut<'c> {
    type Target = Mem<'c>;

    fn deref(&self) -> &Mem<'c> {
        &self.mem
    }
}

impl fmt::Debug for Mem<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // No address: what is printed may reach a plugin's author.
        write!(f, "Mem({} bytes)", self.len)
    }
}

impl fmt::Debug for MemMut<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "MemMut({} bytes)", self.mem.len)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lend(cells: &[AtomicU64]) -> u64 {
        cells.as_ptr().expose_provenance() as u64
    }

    #[test]
    fn copies_at_every_offset_and_length() {
        let cells = [const { AtomicU64::new(0) }; 5];
        for off in 0..20 {
            for len in 0..20 {
                // SAFETY: 40 live bytes of atomics.
                let mut mem = unsafe { MemMut::new(lend(&cells), 40) };
                mem.fill(0xee);
                let bytes: Vec<u8> = (1..=len as u8).collect();
                mem.write(off, &bytes);
                let mut back = vec![0; len];
                mem.read(off, &mut back);
                assert_eq!(back, bytes);
                let all = mem.to_vec();
                assert!(all[..off].iter().chain(&all[off + len..]).all(|&b| b == 0xee), "{off} {len}");
            }
        }
    }

    #[test]
    fn numbers_are_read_whole_or_not_at_all() {
        let cells = [AtomicU64::new(u64::from_le(0x0807_0605_0403_0201)), AtomicU64::new(0)];
        // SAFETY: 16 live bytes of atomics.
        let mut mem = unsafe { MemMut::new(lend(&cells), 12) };
        assert_eq!(mem.get::<u16>(1).map(u16::to_le), Some(0x0302));
        assert_eq!(mem.get::<u32>(4).map(u32::to_le), Some(0x0807_0605));
        assert_eq!(mem.get::<u8>(11), Some(0));
        assert_eq!(mem.get::<u32>(9), None);
        assert_eq!(mem.get::<u64>(usize::MAX), None);
        assert!(mem.set(8, -2i32));
        assert_eq!(mem.get::<i32>(8), Some(-2));
        assert_eq!(mem.get::<i64>(4), Some((-2 << 32) | 0x0807_0605));
        assert!(!mem.set(11, 0u16));
        assert_eq!(mem.slice(8, 4).map(|m| m.len()), Some(4));
        assert!(mem.slice(8, 5).is_none());
        assert_eq!(format!("{mem:?}"), "MemMut(12 bytes)");
    }

    #[test]
    #[should_panic(expected = "4 bytes at offset 13 leave the plugin's memory of 16 bytes")]
    fn a_read_outside_is_the_helpers_bug() {
        let cells = [const { AtomicU64::new(0) }; 2];
        // SAFETY: 16 live bytes of atomics.
        let mem = unsafe { Mem::new(lend(&cells), 16) };
        mem.read(13, &mut [0; 4]);
    }
}
