//! Typed, checked windows into map regions, and the doors through which programs enter: the only unsafe code of maps.
//!
//! # Invariants
//! 1. A region is one [`Mapping`], owned by its [`Region`], zeroed at first, readable and writable for as long as the
//!    region lives; windows borrow the region.
//! 2. Region memory is only ever accessed through atomics, whatever the width: another thread, a program that holds a
//!    value pointer, later another process may write it at any time. A window of bytes is copied word by word.
//!    (Accesses of different widths to the same bytes can race; the language leaves that open, the machines we compile
//!    for define it, and compiled programs do the same.)
//! 3. Offsets come from a layout in private memory, never from the region. An index is checked against that layout
//!    where it is turned into an address, whoever it comes from.
//! 4. Nothing in a region is a Rust reference to data: the atomics of headers have every bit pattern as a value.

use std::marker::PhantomData;
use std::ops::ControlFlow;
use std::ptr::NonNull;

use super::core::{MapCore, Storage};
use super::fault::Fault;
use super::layout::{ArrayLayout, Bucket, HEADER_BYTES, Header, SHARDS, SHARDS_AT, Shard, SlotHead, TableLayout};
use super::table::{Put, with_key};
use crate::sync::{Arc, AtomicU8, AtomicU64, Ordering};
use crate::sys::epoch;
use crate::sys::mapping::Mapping;

/// Where a region's memory comes from. Sealed memory files and pinned files come here.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Backing {
    /// Anonymous memory of this process.
    Private,
}

impl Backing {
    fn map(self, bytes: usize) -> std::io::Result<Mapping> {
        match self {
            Backing::Private => Mapping::anonymous(bytes),
        }
    }
}

/// Memory of one map.
#[derive(Debug)]
pub(crate) struct Region {
    mapping: Mapping,
}

impl Region {
    /// Maps zeroed memory for a header and what follows it.
    pub(crate) fn new(backing: Backing, bytes: usize) -> std::io::Result<Region> {
        backing.map(bytes.max(HEADER_BYTES)).map(Region::over)
    }

    /// A ring's region: `head` bytes that begin with the header, then data that are mapped twice.
    pub(crate) fn ring(head: usize, data: usize) -> std::io::Result<Region> {
        Mapping::ring(head.max(HEADER_BYTES), data).map(Region::over)
    }

    fn over(mapping: Mapping) -> Region {
        Region { mapping }
    }

    /// The header.
    pub(crate) fn header(&self) -> &Header {
        const { assert!(size_of::<Header>() <= HEADER_BYTES && align_of::<Header>() <= 4096) }
        // SAFETY: every constructor maps at least `HEADER_BYTES` at a page boundary; invariants 1 and 4.
        unsafe { self.mapping.base().cast::<Header>().as_ref() }
    }

    /// Address of the region.
    pub(crate) fn addr(&self) -> u64 {
        self.mapping.base().as_ptr().expose_provenance() as u64
    }

    /// Mapped bytes.
    pub(crate) fn bytes(&self) -> usize {
        self.mapping.len()
    }

    /// A word of the region.
    ///
    /// # Panics
    /// If the word does not lie in the region, or is not aligned: a bug of the caller.
    pub(crate) fn word(&self, at: usize) -> &AtomicU64 {
        assert!(at.is_multiple_of(8) && at < self.bytes() && self.bytes() - at >= 8, "region word at {at}");
        // SAFETY: in bounds and aligned by the line above (the base is page-aligned); invariants 1 and 4.
        unsafe { self.mapping.base().byte_add(at).cast::<AtomicU64>().as_ref() }
    }

    /// A window of `len` bytes, both multiples of 8.
    ///
    /// # Panics
    /// If it does not lie in the region: a bug of the caller.
    #[inline]
    pub(crate) fn window(&self, at: usize, len: usize) -> Window<'_> {
        let fits = at <= self.bytes() && self.bytes() - at >= len;
        assert!(fits && at.is_multiple_of(8) && len.is_multiple_of(8), "region window at {at}, {len} bytes");
        // SAFETY: `at` is within the mapping by the line above.
        let base = unsafe { self.mapping.base().byte_add(at) };
        Window { base, len, region: PhantomData }
    }
}

/// Bytes of a region, 8-aligned and a multiple of 8 long.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Window<'a> {
    base: NonNull<u8>,
    len: usize,
    region: PhantomData<&'a Region>,
}

impl Window<'_> {
    #[inline]
    fn word(&self, i: usize) -> &AtomicU64 {
        debug_assert!(i < self.len / 8);
        // SAFETY: callers stay below `len / 8`; the window lies in its region and is 8-aligned; invariants 2 and 4.
        unsafe { self.base.cast::<AtomicU64>().add(i).as_ref() }
    }

    /// The address, for programs.
    #[inline]
    pub(crate) fn as_ptr(&self) -> *mut u8 {
        self.base.as_ptr()
    }

    /// Word `i`; 0 beyond the end.
    #[inline]
    pub(crate) fn load_word(&self, i: usize) -> u64 {
        if i < self.len / 8 { self.word(i).load(Ordering::Relaxed) } else { 0 }
    }

    /// Stores word `i`; nothing beyond the end.
    #[inline]
    pub(crate) fn store_word(&self, i: usize, word: u64) {
        if i < self.len / 8 {
            self.word(i).store(word, Ordering::Relaxed);
        }
    }

    /// Copies the first bytes out.
    #[inline]
    pub(crate) fn load(&self, out: &mut [u8]) {
        for (i, chunk) in out.chunks_mut(8).enumerate() {
            let bytes = self.load_word(i).to_le_bytes();
            chunk.copy_from_slice(&bytes[..chunk.len()]);
        }
    }

    /// Copies bytes in, each word at once; the rest of the last word becomes 0.
    #[inline]
    pub(crate) fn store(&self, source: &Source<'_>) {
        for i in 0..source.len().div_ceil(8) {
            self.store_word(i, source.word(i));
        }
    }

    /// Clears all of it.
    pub(crate) fn clear(&self) {
        for i in 0..self.len / 8 {
            self.store_word(i, 0);
        }
    }

    /// The `n`th of the parts of `len` bytes (a multiple of 8); empty beyond the end.
    #[inline]
    pub(crate) fn part(&self, n: usize, len: usize) -> Self {
        let at = n.saturating_mul(len);
        if at <= self.len && self.len - at >= len && len.is_multiple_of(8) {
            // SAFETY: `at` is within the window by the line above.
            Window { base: unsafe { self.base.byte_add(at) }, len, region: PhantomData }
        } else {
            Window { base: self.base, len: 0, region: PhantomData }
        }
    }
}

/// Bytes to copy from: a slice of the host, or memory of a program that others may write meanwhile.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Source<'a> {
    base: *const u8,
    len: usize,
    shared: bool,
    from: PhantomData<&'a [u8]>,
}

impl<'a> From<&'a [u8]> for Source<'a> {
    fn from(bytes: &'a [u8]) -> Source<'a> {
        Source { base: bytes.as_ptr(), len: bytes.len(), shared: false, from: PhantomData }
    }
}

impl Source<'_> {
    /// A program's memory.
    ///
    /// # Safety
    /// `len` bytes at `base` stay readable for `'a`. Others may write them, by machine stores or atomics.
    #[inline]
    pub(crate) unsafe fn program(base: *const u8, len: usize) -> Self {
        Source { base, len, shared: true, from: PhantomData }
    }

    /// Bytes.
    #[inline]
    pub(crate) fn len(&self) -> usize {
        self.len
    }

    /// Word `i`, little-endian, padded with zeros.
    #[inline]
    pub(crate) fn word(&self, i: usize) -> u64 {
        let at = i * 8;
        let left = self.len.saturating_sub(at);
        // SAFETY: for `left > 0`, `at < len`: inside of the memory that the constructor was given.
        let from = unsafe { self.base.add(at.min(self.len)) };
        if left >= 8 {
            return self.load8(from);
        }
        if left == 4 && from.addr().is_multiple_of(4) {
            return self.load4(from);
        }
        (0..left).fold(0, |word, n| {
            // SAFETY: `n < left`: inside of the memory; an atomic byte load is sound beside any writer.
            let byte = unsafe { AtomicU8::from_ptr(from.add(n).cast_mut()).load(Ordering::Relaxed) };
            word | u64::from(byte) << (8 * n)
        })
    }

    /// Eight bytes at `from`, which the caller checked to lie inside.
    #[inline]
    fn load8(&self, from: *const u8) -> u64 {
        if !self.shared {
            // SAFETY: eight bytes of a slice that is borrowed for `'a`: nobody writes it.
            return unsafe { from.cast::<u64>().read_unaligned() };
        }
        if from.addr().is_multiple_of(8) {
            // SAFETY: inside of the memory, aligned by the line above; an atomic load is sound beside any writer.
            return unsafe { AtomicU64::from_ptr(from.cast::<u64>().cast_mut()).load(Ordering::Relaxed) };
        }
        (0..8).fold(0, |word, n| {
            // SAFETY: the caller checked all eight bytes.
            let byte = unsafe { AtomicU8::from_ptr(from.add(n).cast_mut()).load(Ordering::Relaxed) };
            word | u64::from(byte) << (8 * n)
        })
    }

    /// Four aligned bytes at `from`, which the caller checked to lie inside.
    #[inline]
    fn load4(&self, from: *const u8) -> u64 {
        // SAFETY: inside of the memory and aligned, both checked by the caller; an atomic load beside any writer.
        let word = unsafe { crate::sync::AtomicU32::from_ptr(from.cast::<u32>().cast_mut()) };
        u64::from(word.load(Ordering::Relaxed))
    }
}

/// The region of an array.
#[derive(Debug)]
pub(crate) struct ArrayRegion {
    region: Region,
    layout: ArrayLayout,
}

impl ArrayRegion {
    /// Maps the memory.
    pub(crate) fn new(backing: Backing, layout: ArrayLayout) -> std::io::Result<ArrayRegion> {
        let region = Region::new(backing, layout.bytes)?;
        assert!(region.bytes() >= layout.bytes && layout.stride.is_multiple_of(8));
        assert!(layout.stride * layout.entries as usize + HEADER_BYTES <= layout.bytes);
        Ok(ArrayRegion { region, layout })
    }

    pub(crate) fn region(&self) -> &Region {
        &self.region
    }

    pub(crate) fn layout(&self) -> &ArrayLayout {
        &self.layout
    }

    /// The value (all values, of a per-CPU array) of an element.
    #[inline]
    pub(crate) fn element(&self, index: u32) -> Option<Window<'_>> {
        if index >= self.layout.entries {
            return None;
        }
        let at = HEADER_BYTES + index as usize * self.layout.stride;
        // SAFETY: `index < entries`, and `new` checked that `entries` strides after the header lie in the region.
        let base = unsafe { self.region.mapping.base().byte_add(at) };
        Some(Window { base, len: self.layout.stride, region: PhantomData })
    }
}

/// The region of a hash table.
#[derive(Debug)]
pub(crate) struct TableRegion {
    region: Region,
    layout: TableLayout,
}

impl TableRegion {
    /// Maps the memory.
    pub(crate) fn new(backing: Backing, layout: TableLayout) -> std::io::Result<TableRegion> {
        let region = Region::new(backing, layout.bytes)?;
        assert!(region.bytes() >= layout.bytes && layout.buckets.is_power_of_two() && layout.slots > 0);
        assert!(HEADER_BYTES + layout.buckets as usize * size_of::<Bucket>() <= layout.slots_at);
        assert!(layout.slots_at + layout.slots as usize * layout.stride <= layout.bytes);
        assert!(layout.slots_at.is_multiple_of(8) && layout.stride.is_multiple_of(8));
        assert!(size_of::<SlotHead>() + layout.key_words * 8 <= layout.value_at && layout.value_at <= layout.stride);
        Ok(TableRegion { region, layout })
    }

    pub(crate) fn region(&self) -> &Region {
        &self.region
    }

    pub(crate) fn layout(&self) -> &TableLayout {
        &self.layout
    }

    /// The header.
    #[inline]
    pub(crate) fn header(&self) -> &Header {
        self.region.header()
    }

    /// Bucket of a hash: its low bits.
    #[inline]
    pub(crate) fn bucket(&self, hash: u64) -> &Bucket {
        let index = (hash as u32 & (self.layout.buckets - 1)) as usize;
        let at = HEADER_BYTES + index * size_of::<Bucket>();
        // SAFETY: the mask keeps `index` below `buckets`, a power of two; `new` checked that they lie in the region,
        // 64-aligned behind the page of the header; invariants 1 and 4.
        unsafe { self.region.mapping.base().byte_add(at).cast::<Bucket>().as_ref() }
    }

    /// Shard `n mod SHARDS`.
    #[inline]
    pub(crate) fn shard(&self, n: usize) -> &Shard {
        let at = SHARDS_AT + n % SHARDS * size_of::<Shard>();
        // SAFETY: the shards lie in the page of the header (asserted in `layout`), 128-aligned; invariants 1 and 4.
        unsafe { self.region.mapping.base().byte_add(at).cast::<Shard>().as_ref() }
    }

    /// Slot of a reference as regions hold them (index plus 1); `None` for 0 and for what is out of bounds.
    #[inline]
    pub(crate) fn slot(&self, reference: u32) -> Option<Slot<'_>> {
        let index = reference.wrapping_sub(1);
        if index >= self.layout.slots {
            return None;
        }
        let at = self.layout.slots_at + index as usize * self.layout.stride;
        // SAFETY: `index < slots`, and `new` checked that all slots lie in the region.
        let base = unsafe { self.region.mapping.base().byte_add(at) };
        Some(Slot { base, reference, layout: &self.layout })
    }
}

/// A slot of a table: head, key, value.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Slot<'a> {
    base: NonNull<u8>,
    /// Index plus 1.
    pub(crate) reference: u32,
    layout: &'a TableLayout,
}

impl<'a> Slot<'a> {
    /// Its head.
    #[inline]
    pub(crate) fn head(&self) -> &'a SlotHead {
        // SAFETY: `TableRegion::slot` placed `base` at a whole slot, 8-aligned; the region outlives `'a`.
        unsafe { self.base.cast::<SlotHead>().as_ref() }
    }

    /// Its key, zero-padded.
    #[inline]
    pub(crate) fn key(&self) -> Window<'a> {
        // SAFETY: the key follows the head, inside of the stride (checked in `TableRegion::new`).
        let base = unsafe { self.base.byte_add(size_of::<SlotHead>()) };
        Window { base, len: self.layout.key_words * 8, region: PhantomData }
    }

    /// Its value (all values, in a per-CPU table).
    #[inline]
    pub(crate) fn value(&self) -> Window<'a> {
        // SAFETY: `value_at <= stride` (checked in `TableRegion::new`), and the slot lies in the region.
        let base = unsafe { self.base.byte_add(self.layout.value_at) };
        Window { base, len: self.layout.stride - self.layout.value_at, region: PhantomData }
    }

    /// Whether it holds this key, given as all its words.
    #[inline]
    pub(crate) fn key_is(&self, words: &[u64]) -> bool {
        let key = self.key();
        words.iter().enumerate().all(|(i, &word)| key.load_word(i) == word)
    }
}

/// The doors of programs. `key` and `value` are what a verified program passes: pointers to memory of its own, of the
/// host, or of a map, readable for the map's key and value size.
impl MapCore {
    /// The number that stands for this map in a program's registers (`Ref::Map`).
    pub(crate) fn runtime_addr(self: &Arc<Self>) -> u64 {
        Arc::as_ptr(self).expose_provenance() as u64
    }

    /// Back from [`MapCore::runtime_addr`].
    ///
    /// # Safety
    /// `addr` came from `runtime_addr` of a map that stays alive for `'a`.
    #[inline]
    pub(crate) unsafe fn from_runtime_addr<'a>(addr: u64) -> &'a MapCore {
        // SAFETY: the caller vouches for the address; it was exposed when it was made.
        unsafe { &*std::ptr::with_exposed_provenance::<MapCore>(addr as usize) }
    }

    /// `bpf_map_lookup_elem`: address of the value, or NULL.
    ///
    /// # Safety
    /// `key` is readable for the map's key size. The result is a value of the map for as long as the caller's epoch
    /// (`sys::epoch`), entered before, lasts.
    #[inline]
    pub(crate) unsafe fn prog_lookup(&self, key: *const u8) -> *mut u8 {
        match &self.storage {
            Storage::Array(array) => {
                // SAFETY: the caller vouches for the key, which has 4 bytes in every array.
                let index = unsafe { Source::program(key, 4) }.word(0) as u32;
                let Some(element) = array.element(index) else { return std::ptr::null_mut() };
                if self.spec.kind.is_per_slot() {
                    own_part(element, array.layout().value_bytes)
                } else {
                    element.as_ptr()
                }
            }
            Storage::Table(table) => {
                // SAFETY: the caller vouches for the key.
                let key = unsafe { Source::program(key, self.spec.key_size as usize) };
                let found = with_key!(table, key, |words| table.find(words));
                let Some(slot) = found else { return std::ptr::null_mut() };
                table.touch(&slot);
                if self.spec.kind.is_per_slot() {
                    own_part(slot.value(), table.region().layout().value_bytes)
                } else {
                    slot.value().as_ptr()
                }
            }
        }
    }

    /// `bpf_map_update_elem`: 0 or a negative errno.
    ///
    /// # Safety
    /// `key` and `value` are readable for the map's key and value size.
    #[inline]
    pub(crate) unsafe fn prog_update(&self, key: *const u8, value: *const u8, flags: u64) -> i64 {
        if !self.spec.prog_writes() {
            return Fault::Denied("update", "read-only for programs").negative();
        }
        // SAFETY: the caller vouches for both.
        let (key, value) = unsafe {
            (Source::program(key, self.spec.key_size as usize), Source::program(value, self.spec.value_size as usize))
        };
        let put = if self.spec.kind.is_per_slot() {
            let Some(slot) = epoch::slot() else { return Fault::NoSlot.negative() };
            Put::One(slot, value)
        } else {
            Put::Whole(value)
        };
        self.store(key, put, flags).map_or_else(Fault::negative, |()| 0)
    }

    /// `bpf_map_delete_elem`: 0 or a negative errno.
    ///
    /// # Safety
    /// `key` is readable for the map's key size.
    pub(crate) unsafe fn prog_delete(&self, key: *const u8) -> i64 {
        if !self.spec.prog_writes() {
            return Fault::Denied("delete", "read-only for programs").negative();
        }
        // SAFETY: the caller vouches for it.
        let key = unsafe { Source::program(key, self.spec.key_size as usize) };
        self.remove(key).map_or_else(Fault::negative, |()| 0)
    }

    /// `bpf_for_each_map_elem`: calls `visit` with addresses of key and value, until it breaks, for a caller inside an
    /// epoch. Returns the number of calls, or `-EINVAL` for kinds without elements. No lock is held meanwhile: the
    /// visitor may update and delete.
    pub(crate) fn for_each(&self, mut visit: impl FnMut(*const u8, *mut u8) -> ControlFlow<()>) -> i64 {
        let mut calls = 0;
        let per_slot = self.spec.kind.is_per_slot();
        match &self.storage {
            Storage::Array(array) => {
                for index in 0..array.layout().entries {
                    let Some(element) = array.element(index) else { break };
                    let value = if per_slot { own_part(element, array.layout().value_bytes) } else { element.as_ptr() };
                    calls += 1;
                    if visit((&raw const index).cast(), value).is_break() {
                        break;
                    }
                }
            }
            Storage::Table(table) => {
                let _ = table.walk(|slot| {
                    let value = slot.value();
                    let value =
                        if per_slot { own_part(value, table.region().layout().value_bytes) } else { value.as_ptr() };
                    calls += 1;
                    visit(slot.key().as_ptr(), value)
                });
            }
        }
        calls
    }
}

/// This thread's value of a per-CPU element; NULL for a thread without an execution slot.
fn own_part(element: Window<'_>, value_bytes: usize) -> *mut u8 {
    epoch::slot().map_or(std::ptr::null_mut(), |slot| element.part(slot as usize, value_bytes).as_ptr())
}
