//! Borrowed memory as contexts hold it: addresses with a lifetime, laid out for plugins.

use std::fmt;
use std::marker::PhantomData;

use stingless_abi::Rights;

mod sealed {
    pub trait Sealed {}
}

/// A plain number, or an array of them: every bit pattern is a value.
pub trait CtxScalar: sealed::Sealed {
    /// Alignment in the C struct.
    const ALIGN: u32;
    /// Made of elements that are accessed one by one.
    const IS_ARRAY: bool;

    /// Takes the low bits of a number (an array: into its first element).
    fn assign(&mut self, value: u64);

    /// The value as a number (an array: its first element).
    fn value(&self) -> u64;
}

macro_rules! ctx_scalars {
    ($($ty:ty),*) => {
        $(
            impl sealed::Sealed for $ty {}
            impl CtxScalar for $ty {
                const ALIGN: u32 = size_of::<$ty>() as u32;
                const IS_ARRAY: bool = false;

                fn assign(&mut self, value: u64) {
                    *self = value as $ty;
                }

                fn value(&self) -> u64 {
                    *self as u64
                }
            }
            impl<const N: usize> sealed::Sealed for [$ty; N] {}
            impl<const N: usize> CtxScalar for [$ty; N] {
                const ALIGN: u32 = size_of::<$ty>() as u32;
                const IS_ARRAY: bool = true;

                fn assign(&mut self, value: u64) {
                    if let Some(first) = self.first_mut() {
                        *first = value as $ty;
                    }
                }

                fn value(&self) -> u64 {
                    self.first().map_or(0, |first| *first as u64)
                }
            }
        )*
    };
}

ctx_scalars!(u8, u16, u32, u64, i8, i16, i32, i64);

/// A field that is a data region: `repr(C)`, with native pointers at fixed offsets.
pub trait DataField: sealed::Sealed {
    /// What plugins may do with the bytes.
    const RIGHTS: Rights;
    /// Offset of the start pointer.
    const START: u32;
    /// Offset of the end pointer.
    const END: u32;
    /// Offset of the metadata pointer, where there is one.
    const META: Option<u32>;
}

/// Bytes lent to a plugin for reading: no copy.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct Bytes<'a> {
    start: u64,
    end: u64,
    _lent: PhantomData<&'a [u8]>,
}

impl<'a> Bytes<'a> {
    /// Lends a slice.
    #[must_use]
    pub fn new(bytes: &'a [u8]) -> Bytes<'a> {
        let range = bytes.as_ptr_range();
        Bytes { start: range.start.expose_provenance() as u64, end: range.end as u64, _lent: PhantomData }
    }

    /// The bytes.
    #[must_use]
    pub fn as_slice(&self) -> &'a [u8] {
        let len = (self.end - self.start) as usize;
        // SAFETY: `new` took both from one `&'a [u8]`, nothing changes them (the fields are private and plugins only
        // read contexts' data pointers), and `PhantomData` keeps the borrow.
        unsafe { std::slice::from_raw_parts(std::ptr::with_exposed_provenance(self.start as usize), len) }
    }
}

impl<'a> From<&'a [u8]> for Bytes<'a> {
    fn from(bytes: &'a [u8]) -> Self {
        Bytes::new(bytes)
    }
}

impl<'a, const N: usize> From<&'a [u8; N]> for Bytes<'a> {
    fn from(bytes: &'a [u8; N]) -> Self {
        Bytes::new(bytes)
    }
}

impl<'a> From<&'a str> for Bytes<'a> {
    fn from(text: &'a str) -> Self {
        Bytes::new(text.as_bytes())
    }
}

impl<'a> From<&'a Vec<u8>> for Bytes<'a> {
    fn from(bytes: &'a Vec<u8>) -> Self {
        Bytes::new(bytes)
    }
}

impl fmt::Debug for Bytes<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "b\"{}\"", self.as_slice().escape_ascii())
    }
}

impl sealed::Sealed for Bytes<'_> {}
impl DataField for Bytes<'_> {
    const RIGHTS: Rights = Rights::READ;
    const START: u32 = std::mem::offset_of!(Bytes<'_>, start) as u32;
    const END: u32 = std::mem::offset_of!(Bytes<'_>, end) as u32;
    const META: Option<u32> = None;
}

/// A buffer lent to a plugin for reading and writing, of which a window is the packet: helpers move its bounds
/// within the buffer (headroom before it, tailroom behind it).
#[repr(C)]
pub struct Packet<'a> {
    start: u64,
    end: u64,
    meta: u64,
    head: u64,
    tail: u64,
    _lent: PhantomData<&'a mut [u8]>,
}

impl<'a> Packet<'a> {
    /// The whole buffer is the packet: no head- or tailroom.
    #[must_use]
    pub fn new(buffer: &'a mut [u8]) -> Packet<'a> {
        let len = buffer.len();
        Packet::with_window(buffer, 0..len)
    }

    /// `window` of the buffer is the packet.
    ///
    /// # Panics
    /// If the window leaves the buffer.
    #[must_use]
    pub fn with_window(buffer: &'a mut [u8], window: std::ops::Range<usize>) -> Packet<'a> {
        assert!(window.start <= window.end && window.end <= buffer.len(), "the window {window:?} leaves the buffer");
        let head = buffer.as_mut_ptr().expose_provenance() as u64;
        let start = head + window.start as u64;
        Packet {
            start,
            end: head + window.end as u64,
            meta: start,
            head,
            tail: head + buffer.len() as u64,
            _lent: PhantomData,
        }
    }

    /// The packet's bytes as they are now.
    #[must_use]
    pub fn as_slice(&self) -> &[u8] {
        let len = (self.end - self.start) as usize;
        // SAFETY: the bounds lie in the buffer lent for `'a` (kept by `with_window` and `adjust`), which nobody else
        // borrows meanwhile.
        unsafe { std::slice::from_raw_parts(std::ptr::with_exposed_provenance(self.start as usize), len) }
    }

    /// The packet's bytes as they are now, to change them.
    #[must_use]
    pub fn as_mut_slice(&mut self) -> &mut [u8] {
        let len = self.len();
        // SAFETY: as for `as_slice`; `&mut self` is exclusive.
        unsafe { std::slice::from_raw_parts_mut(std::ptr::with_exposed_provenance_mut(self.start as usize), len) }
    }

    /// `len` bytes from offset `off` on; `None` where they do not all lie in the packet.
    #[must_use]
    pub fn get(&self, off: usize, len: usize) -> Option<&[u8]> {
        self.as_slice().get(off..off.checked_add(len)?)
    }

    /// `len` bytes from offset `off` on, to change them; `None` where they do not all lie in the packet.
    #[must_use]
    pub fn get_mut(&mut self, off: usize, len: usize) -> Option<&mut [u8]> {
        self.as_mut_slice().get_mut(off..off.checked_add(len)?)
    }

    /// Makes room for `len` zero bytes at offset `off`: what is before it moves into the headroom, metadata is dropped.
    /// `false`, and nothing changes, where the headroom is too small or the offset is beyond the packet.
    #[must_use]
    pub fn open(&mut self, off: usize, len: usize) -> bool {
        if off > self.len() || len as u64 > self.start - self.head {
            return false;
        }
        self.start -= len as u64;
        self.meta = self.start;
        let bytes = self.as_mut_slice();
        bytes.copy_within(len..len + off, 0);
        bytes[off..off + len].fill(0);
        true
    }

    /// Takes `len` bytes at offset `off` out: what is before them moves towards the end, metadata is dropped. `false`,
    /// and nothing changes, where they do not all lie in the packet.
    #[must_use]
    pub fn close(&mut self, off: usize, len: usize) -> bool {
        if self.get(off, len).is_none() {
            return false;
        }
        self.as_mut_slice().copy_within(..off, len);
        self.start += len as u64;
        self.meta = self.start;
        true
    }

    /// Bytes from the metadata's start to the packet's start.
    #[must_use]
    pub fn meta_len(&self) -> usize {
        (self.start - self.meta) as usize
    }

    /// Length in bytes.
    #[must_use]
    pub fn len(&self) -> usize {
        (self.end - self.start) as usize
    }

    /// Whether no byte is left.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.end == self.start
    }

    /// Zeroes the packet's bytes from offset `from` on.
    pub fn zero_from(&mut self, from: usize) {
        let len = self.len();
        if from < len {
            let at = std::ptr::with_exposed_provenance_mut::<u8>(self.start as usize + from);
            // SAFETY: `from..len` lies in the packet, which lies in the buffer lent for `'a`; `&mut self` is exclusive.
            unsafe { std::ptr::write_bytes(at, 0, len - from) }
        }
    }

    /// Moves start, end and metadata start by these many bytes, if they stay in order and in the buffer and the packet
    /// keeps at least `min_len` bytes. Newly exposed bytes keep what the buffer held.
    #[must_use]
    pub fn adjust(&mut self, start: i64, end: i64, meta: i64, min_len: u64) -> bool {
        let moved = |at: u64, by: i64| at.checked_add_signed(by).filter(|a| (self.head..=self.tail).contains(a));
        let (Some(s), Some(e), Some(m)) = (moved(self.start, start), moved(self.end, end), moved(self.meta, meta))
        else {
            return false;
        };
        let ok = m <= s && s <= e && e - s >= min_len;
        if ok {
            (self.start, self.end, self.meta) = (s, e, m);
        }
        ok
    }
}

impl fmt::Debug for Packet<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Packet({} bytes)", self.len())
    }
}

impl sealed::Sealed for Packet<'_> {}
impl DataField for Packet<'_> {
    const RIGHTS: Rights = Rights::READ_WRITE;
    const START: u32 = std::mem::offset_of!(Packet<'_>, start) as u32;
    const END: u32 = std::mem::offset_of!(Packet<'_>, end) as u32;
    const META: Option<u32> = Some(std::mem::offset_of!(Packet<'_>, meta) as u32);
}
