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

use stingless_abi::map::BPF_F_LOCK;
use stingless_abi::{SpecialField, SpecialKind};

use super::core::{MapCore, Storage};
use super::fault::Fault;
use super::layout::{ArrayLayout, Bucket, HEADER_BYTES, Header, SHARDS, SHARDS_AT, Shard, SlotHead, TableLayout};
use super::lock;
use super::ring::{Consumer, HEAD, Producer};
use super::table::{Put, with_key};
use crate::sync::{AtomicU8, AtomicU32, AtomicU64, Ordering};
use crate::sys::epoch;
use crate::sys::mapping::{Mapping, PAGE};

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

    /// Copies bytes in, each word at once; the rest of the last word becomes 0. Special fields stay as they are.
    #[inline]
    pub(crate) fn store(&self, source: &Source<'_>) {
        if !source.special.is_empty() {
            return self.store_around(source);
        }
        for i in 0..source.len().div_ceil(8) {
            self.store_word(i, source.word(i));
        }
    }

    /// The same by halves of words: special fields are whole halves.
    fn store_around(&self, source: &Source<'_>) {
        for i in 0..source.len().div_ceil(8) {
            let word = source.word(i);
            for half in [2 * i, 2 * i + 1] {
                if !source.special.iter().any(|f| f.holds(half as u32 * 4)) {
                    self.store_half(half, (word >> (32 * (half % 2))) as u32);
                }
            }
        }
    }

    /// Makes special fields what they are in a new value: free, unused.
    pub(crate) fn clear_special(&self, special: &[SpecialField]) {
        for field in special {
            for at in (field.off..field.off.saturating_add(field.kind.size())).step_by(4) {
                self.store_half(at as usize / 4, 0);
            }
        }
    }

    /// Half `i` of the words, if it is there.
    pub(crate) fn half(&self, i: usize) -> Option<&AtomicU32> {
        // SAFETY: inside of the window by the condition, which lies in its region and is 8-aligned; invariants 2 and 4.
        (i < self.len / 4).then(|| unsafe { self.base.cast::<AtomicU32>().add(i).as_ref() })
    }

    /// Copies bytes in under the value's spin lock (`BPF_F_LOCK`).
    pub(crate) fn store_locked(&self, source: &Source<'_>) -> Result<(), Fault> {
        let _held = self.spin_lock(source.special)?;
        self.store(source);
        Ok(())
    }

    /// Copies bytes out under the value's spin lock (`BPF_F_LOCK`).
    pub(crate) fn load_locked(&self, special: &[SpecialField], out: &mut [u8]) -> Result<(), Fault> {
        let _held = self.spin_lock(special)?;
        self.load(out);
        Ok(())
    }

    /// Takes the value's spin lock.
    pub(crate) fn spin_lock(&self, special: &[SpecialField]) -> Result<lock::Held<'_>, Fault> {
        let field = special.iter().find(|f| f.kind == SpecialKind::SpinLock);
        let word = field.and_then(|f| self.half(f.off as usize / 4)).ok_or(Fault::Flags(BPF_F_LOCK))?;
        lock::take(word, lock::owner()).ok_or(Fault::Busy("a value's spin lock"))
    }

    fn store_half(&self, i: usize, half: u32) {
        if let Some(word) = self.half(i) {
            word.store(half, Ordering::Relaxed);
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
    /// Fields of the value that it is copied to, which stay as they are.
    special: &'a [SpecialField],
    from: PhantomData<&'a [u8]>,
}

impl<'a> From<&'a [u8]> for Source<'a> {
    fn from(bytes: &'a [u8]) -> Source<'a> {
        Source { base: bytes.as_ptr(), len: bytes.len(), shared: false, special: &[], from: PhantomData }
    }
}

impl<'a> Source<'a> {
    /// The same bytes, of which those of special fields are not copied.
    #[inline]
    pub(crate) fn around(self, special: &'a [SpecialField]) -> Source<'a> {
        Source { special, ..self }
    }

    /// The fields that are not copied.
    #[inline]
    pub(crate) fn special(&self) -> &'a [SpecialField] {
        self.special
    }
}

impl Source<'_> {
    /// A program's memory.
    ///
    /// # Safety
    /// `len` bytes at `base` stay readable for `'a`. Others may write them, by machine stores or atomics.
    #[inline]
    pub(crate) unsafe fn program(base: *const u8, len: usize) -> Self {
        Source { base, len, shared: true, special: &[], from: PhantomData }
    }

    /// Bytes.
    #[inline]
    pub(crate) fn len(&self) -> usize {
        self.len
    }

    /// A copy.
    pub(crate) fn to_boxed(self) -> Box<[u8]> {
        let mut bytes = vec![0; self.len];
        for (i, chunk) in bytes.chunks_mut(8).enumerate() {
            chunk.copy_from_slice(&self.word(i).to_le_bytes()[..chunk.len()]);
        }
        bytes.into_boxed_slice()
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
        let word = unsafe { AtomicU32::from_ptr(from.cast::<u32>().cast_mut()) };
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

/// The region of a ring: header, a page for the consumer, a page for producers, then the data, mapped twice.
#[derive(Debug)]
pub(crate) struct RingRegion {
    region: Region,
    size: u64,
}

/// Offsets of the pages.
const CONSUMER_AT: usize = HEADER_BYTES;
const PRODUCER_AT: usize = HEADER_BYTES + PAGE;
const DATA_AT: usize = HEADER_BYTES + 2 * PAGE;

impl RingRegion {
    /// Bytes of a ring's memory (the second mapping of the data costs none).
    pub(crate) fn bytes_for(size: u32) -> usize {
        DATA_AT + size as usize
    }

    /// Maps the memory; `size` is a power of two and a multiple of the page size.
    pub(crate) fn new(size: u32) -> std::io::Result<RingRegion> {
        let region = Region::over(Mapping::ring(DATA_AT, size as usize)?);
        assert!(size.is_power_of_two() && region.bytes() >= DATA_AT + 2 * size as usize);
        Ok(RingRegion { region, size: size.into() })
    }

    pub(crate) fn region(&self) -> &Region {
        &self.region
    }

    /// Bytes of the data.
    #[inline]
    pub(crate) fn size(&self) -> u64 {
        self.size
    }

    #[inline]
    pub(crate) fn consumer(&self) -> &Consumer {
        const { assert!(size_of::<Consumer>() <= PAGE) }
        // SAFETY: `new` mapped the three pages; it lies at a page boundary; invariants 1 and 4.
        unsafe { self.region.mapping.base().byte_add(CONSUMER_AT).cast::<Consumer>().as_ref() }
    }

    #[inline]
    pub(crate) fn producer(&self) -> &Producer {
        const { assert!(size_of::<Producer>() <= PAGE) }
        // SAFETY: as for the consumer's page.
        unsafe { self.region.mapping.base().byte_add(PRODUCER_AT).cast::<Producer>().as_ref() }
    }

    /// Address of position `at` in the first mapping, rounded down to 8.
    #[inline]
    fn place(&self, at: u64) -> NonNull<u8> {
        let off = (at & (self.size - 1) & !7) as usize;
        // SAFETY: `off < size` by the mask, a power of two minus 1; `new` mapped `size` bytes, twice, at `DATA_AT`.
        unsafe { self.region.mapping.base().byte_add(DATA_AT + off) }
    }

    /// First word of the head at a position: length and bits.
    #[inline]
    pub(crate) fn head(&self, at: u64) -> &AtomicU32 {
        // SAFETY: `place` is 8-aligned with at least 8 bytes of data behind it; invariants 1, 2 and 4.
        unsafe { self.place(at).cast::<AtomicU32>().as_ref() }
    }

    /// Stores the second word of the head, as Linux has it: pages from the region's start to the record.
    #[inline]
    pub(crate) fn set_page(&self, at: u64) {
        let page = (DATA_AT as u64 + (at & (self.size - 1))) / PAGE as u64;
        // SAFETY: the second half of the 8 bytes that `place` vouches for.
        let word = unsafe { self.place(at).cast::<AtomicU32>().add(1).as_ref() };
        word.store(page as u32, Ordering::Relaxed);
    }

    /// The bytes of the record at a position, at most the ring's.
    #[inline]
    pub(crate) fn bytes_of(&self, at: u64, len: usize) -> Window<'_> {
        let len = len.next_multiple_of(8).min(self.size as usize - HEAD);
        // SAFETY: `place` lies in the first mapping; head and `len` are at most `size`, which the second one adds.
        let base = unsafe { self.place(at).byte_add(HEAD) };
        Window { base, len, region: PhantomData }
    }

    /// The position, modulo the size, of the record whose bytes begin at an address; `None` for other addresses.
    #[inline]
    pub(crate) fn position_of(&self, sample: u64) -> Option<u64> {
        let off = sample.checked_sub(self.region.addr() + (DATA_AT + HEAD) as u64)?;
        (off < self.size && off.is_multiple_of(8)).then_some(off)
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
    /// It is this object's address, so it holds while the object stays where it is (in its `Arc`).
    pub(crate) fn runtime_addr(&self) -> u64 {
        std::ptr::from_ref(self).expose_provenance() as u64
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
                if self.per_slot { own_part(element, array.layout().value_bytes) } else { element.as_ptr() }
            }
            Storage::Table(table) => {
                // SAFETY: the caller vouches for the key.
                let key = unsafe { Source::program(key, self.spec.key_size as usize) };
                let found = self.keys.look(key, |key| with_key!(table, key, |words| table.find(words)));
                let Some(slot) = found else { return std::ptr::null_mut() };
                table.touch(&slot);
                if self.per_slot {
                    own_part(slot.value(), table.region().layout().value_bytes)
                } else {
                    slot.value().as_ptr()
                }
            }
            Storage::Nested(maps) => {
                // SAFETY: the caller vouches for the key.
                let key = unsafe { Source::program(key, self.spec.key_size as usize) };
                std::ptr::with_exposed_provenance_mut(maps.address(key) as usize)
            }
            Storage::Ring(_) | Storage::Progs(_) | Storage::Fifo(_) | Storage::Bloom(_) => std::ptr::null_mut(),
        }
    }

    /// `bpf_map_lookup_percpu_elem`: address of an execution slot's value, or NULL.
    ///
    /// # Safety
    /// As [`MapCore::prog_lookup`].
    pub(crate) unsafe fn prog_lookup_slot(&self, key: *const u8, slot: u32) -> *mut u8 {
        if !self.per_slot || slot >= epoch::slot_count() {
            return std::ptr::null_mut();
        }
        // SAFETY: the caller vouches for the key.
        let key = unsafe { Source::program(key, self.spec.key_size as usize) };
        let (values, bytes) = match &self.storage {
            Storage::Array(array) => (array.element(key.word(0) as u32), array.layout().value_bytes),
            Storage::Table(table) => {
                let found = with_key!(table, key, |words| table.find(words));
                found.iter().for_each(|slot| table.touch(slot));
                (found.map(|slot| slot.value()), table.region().layout().value_bytes)
            }
            Storage::Ring(_) | Storage::Progs(_) | Storage::Fifo(_) | Storage::Bloom(_) | Storage::Nested(_) => {
                return std::ptr::null_mut();
            }
        };
        values.map_or(std::ptr::null_mut(), |values| values.part(slot as usize, bytes).as_ptr())
    }

    /// `bpf_map_push_elem`: 0 or a negative errno.
    ///
    /// # Safety
    /// `value` is readable for the map's value size.
    pub(crate) unsafe fn prog_push(&self, value: *const u8, flags: u64) -> i64 {
        // SAFETY: the caller vouches for it.
        let value = unsafe { Source::program(value, self.spec.value_size as usize) };
        self.push(value, flags).map_or_else(Fault::negative, |()| 0)
    }

    /// `bpf_map_peek_elem` of a bloom filter: 0 or a negative errno.
    ///
    /// # Safety
    /// `value` is readable for the map's value size.
    pub(crate) unsafe fn prog_test(&self, value: *const u8) -> i64 {
        // SAFETY: the caller vouches for it.
        let value = unsafe { Source::program(value, self.spec.value_size as usize) };
        match &self.storage {
            Storage::Bloom(bloom) => bloom.peek(&value).map_or_else(Fault::negative, |()| 0),
            Storage::Array(_)
            | Storage::Table(_)
            | Storage::Ring(_)
            | Storage::Progs(_)
            | Storage::Fifo(_)
            | Storage::Nested(_) => -i64::from(libc::EINVAL),
        }
    }

    /// `bpf_map_update_elem`: 0 or a negative errno.
    ///
    /// # Safety
    /// `key` and `value` are readable for the map's key and value size.
    #[inline]
    pub(crate) unsafe fn prog_update(&self, key: *const u8, value: *const u8, flags: u64) -> i64 {
        if !self.prog_writes {
            return Fault::Denied("update", "read-only for programs").negative();
        }
        // SAFETY: the caller vouches for both.
        let (key, value) = unsafe {
            (Source::program(key, self.spec.key_size as usize), Source::program(value, self.spec.value_size as usize))
        };
        let put = if self.per_slot {
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
        if !self.prog_writes {
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
        let per_slot = self.per_slot;
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
            Storage::Ring(_) | Storage::Progs(_) | Storage::Fifo(_) | Storage::Bloom(_) | Storage::Nested(_) => {
                return -i64::from(libc::EINVAL);
            }
        }
        calls
    }

    /// `bpf_ringbuf_reserve`: address of `size` bytes that stay this record's until [`MapCore::ring_commit`]; NULL when
    /// the ring is too full, for `flags` other than 0, and for other kinds.
    #[inline]
    pub(crate) fn ring_reserve(&self, size: u64, flags: u64) -> *mut u8 {
        let Ok(ring) = self.ring() else { return std::ptr::null_mut() };
        let at = if flags == 0 { ring.reserve(size) } else { None };
        at.map_or(std::ptr::null_mut(), |at| ring.region().bytes_of(at, size as usize).as_ptr())
    }

    /// `bpf_ringbuf_submit` and `bpf_ringbuf_discard` of what `ring_reserve` returned, once. Whoever ends a run early
    /// (a trap) discards what the run holds.
    #[inline]
    pub(crate) fn ring_commit(&self, sample: u64, discard: bool, flags: u64) {
        if let Ok(ring) = self.ring()
            && let Some(at) = ring.region().position_of(sample)
        {
            ring.commit(at, discard, flags);
        }
    }

    /// `bpf_ringbuf_output`: 0 or a negative errno.
    ///
    /// # Safety
    /// `data` is readable for `size` bytes.
    pub(crate) unsafe fn ring_output(&self, data: *const u8, size: u64, flags: u64) -> i64 {
        // SAFETY: the caller vouches for it.
        let source = unsafe { Source::program(data, size as usize) };
        match self.ring() {
            Ok(ring) => ring.output(&source, flags).map_or_else(|errno| -i64::from(errno), |()| 0),
            Err(fault) => fault.negative(),
        }
    }

    /// `bpf_ringbuf_query`.
    pub(crate) fn ring_query(&self, what: u64) -> u64 {
        self.ring().map_or(0, |ring| ring.query(what))
    }
}

/// This thread's value of a per-CPU element; NULL for a thread without an execution slot.
fn own_part(element: Window<'_>, value_bytes: usize) -> *mut u8 {
    epoch::slot().map_or(std::ptr::null_mut(), |slot| element.part(slot as usize, value_bytes).as_ptr())
}
