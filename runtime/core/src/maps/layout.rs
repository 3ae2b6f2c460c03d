//! Layout of map regions: what lies where, in bytes. `docs/maps.md` draws it.
//!
//! A region is position-independent: header, then offsets and indices, no pointers. All numbers are little-endian
//! words of the machine (big-endian machines are not supported). The shape is copied to private memory when a map is
//! made and never read back; an index that is read from a region is checked against that copy before it is used.

use stingless_abi::MapSpec;

use super::error::MapError;
use crate::sync::{AtomicU8, AtomicU32, AtomicU64};

/// First word of a finished region, written last: `STNGMAP1` in memory order.
pub(crate) const MAGIC: u64 = u64::from_le_bytes(*b"STNGMAP1");
/// Version of this layout.
pub(crate) const VERSION: u32 = 1;
/// Bytes from the region's start to what follows the header: array values, shards, or ring positions.
pub(crate) const HEADER_BYTES: usize = 4096;
/// Allocator shards of a table; each is 128 bytes, so that they fill the header's page up.
pub(crate) const SHARDS: usize = 8;
/// Offset of the first shard in the header's page.
pub(crate) const SHARDS_AT: usize = 1024;
/// Entries that a bucket holds itself; more are chained through the slots.
pub(crate) const ENTRIES: usize = 6;

/// Start of every region.
#[repr(C, align(64))]
#[derive(Debug)]
pub(crate) struct Header {
    /// [`MAGIC`].
    pub(crate) magic: AtomicU64,
    /// [`VERSION`].
    pub(crate) version: AtomicU32,
    /// Linux number of the map kind.
    pub(crate) kind: AtomicU32,
    /// The shape, as in `MapSpec`.
    pub(crate) key_size: AtomicU32,
    /// As above.
    pub(crate) value_size: AtomicU32,
    /// As above.
    pub(crate) max_entries: AtomicU32,
    /// As above.
    pub(crate) flags: AtomicU32,
    /// Key of the hash.
    pub(crate) seed: [AtomicU64; 2],
    /// Bytes of the region.
    pub(crate) region_bytes: AtomicU64,
    /// Room for the generation of a hot reload.
    pub(crate) generation: AtomicU64,
    // 64: what writers change
    /// Live elements.
    pub(crate) count: AtomicU32,
    /// Slots from here on were never used.
    pub(crate) fresh: AtomicU32,
    /// CLOCK hand: slot that is looked at next.
    pub(crate) hand: AtomicU32,
    /// Slots that were reused while a call could still point to them.
    pub(crate) forced: AtomicU32,
}

/// A hash bucket: one cache line.
#[repr(C, align(64))]
#[derive(Debug)]
pub(crate) struct Bucket {
    /// Taken by writers (see `lock.rs`).
    pub(crate) lock: AtomicU32,
    /// Counts changes of the chain that a reader standing on it could miss.
    pub(crate) chain_version: AtomicU32,
    /// First slot of the chain, plus 1; 0 is none.
    pub(crate) chain: AtomicU32,
    /// 0.
    pub(crate) spare: AtomicU32,
    /// `fingerprint << 32 | slot + 1`, or 0.
    pub(crate) entries: [AtomicU64; ENTRIES],
}

/// Start of a slot; then the key, zero-padded to 8 bytes, then the value (one per execution slot in per-CPU maps).
#[repr(C, align(8))]
#[derive(Debug)]
pub(crate) struct SlotHead {
    /// Changes whenever the slot gets another element: index and tag together name an element for good.
    pub(crate) tag: AtomicU32,
    /// Next of the bucket's chain, plus 1. Readers may stand here until the epoch has passed.
    pub(crate) next: AtomicU32,
    /// Next of the free or limbo list, plus 1.
    pub(crate) link: AtomicU32,
    /// 1: in the table.
    pub(crate) live: AtomicU8,
    /// 1: used since the CLOCK hand last passed.
    pub(crate) used: AtomicU8,
    /// 0.
    pub(crate) spare: [AtomicU8; 2],
}

/// A list of slots through [`SlotHead::link`]: first and last, plus 1, and how many.
#[repr(C)]
#[derive(Debug)]
pub(crate) struct List {
    /// First slot, plus 1.
    pub(crate) head: AtomicU32,
    /// Last slot, plus 1.
    pub(crate) tail: AtomicU32,
    /// Length.
    pub(crate) len: AtomicU32,
}

/// A share of the allocator; threads choose by their number. The lock is taken before any bucket's.
#[repr(C, align(128))]
#[derive(Debug)]
pub(crate) struct Shard {
    /// See `lock.rs`.
    pub(crate) lock: AtomicU32,
    /// Slots nobody can point to.
    pub(crate) free: List,
    /// Unlinked, grace period not begun.
    pub(crate) retired: List,
    /// Unlinked before the grace period `grace` began.
    pub(crate) waiting: List,
    /// Target of the grace period (`sys::epoch`), for `waiting`.
    pub(crate) grace: AtomicU64,
    /// Intent record of the operation in progress: kind, slot that enters, slot that leaves, and the bucket of each.
    /// Room for repair after a crash: private regions die with their process.
    pub(crate) intent: [AtomicU32; 6],
}

const _: () = {
    assert!(size_of::<Header>() == 128);
    assert!(size_of::<Bucket>() == 64);
    assert!(size_of::<SlotHead>() == SLOT_HEAD_BYTES);
    assert!(size_of::<Shard>() == 128);
    assert!(SHARDS_AT + SHARDS * size_of::<Shard>() <= HEADER_BYTES);
    assert!(size_of::<Header>() <= SHARDS_AT);
};

/// Bytes of [`SlotHead`].
pub(crate) const SLOT_HEAD_BYTES: usize = 16;

/// Slots beyond the capacity, where values are small: a sixteenth of it, within these bounds.
const RESERVE: std::ops::RangeInclusive<usize> = 1024..=8192;
/// Most slots that a shard lets wait before it begins a grace period: one costs about a microsecond.
const BATCH_MAX: usize = 128;
/// Bytes that the reserve may take where values are large; 8 slots it has always.
const RESERVE_BYTES: usize = 1 << 20;

/// Where things lie in a table's region.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct TableLayout {
    /// Buckets, a power of two; they start after the header.
    pub(crate) buckets: u32,
    /// Slots: capacity and reserve.
    pub(crate) slots: u32,
    /// Unlinked slots that make a shard begin a grace period: all shards together keep less than the reserve.
    pub(crate) batch: u32,
    /// Offset of the first slot.
    pub(crate) slots_at: usize,
    /// 8-byte words of a key.
    pub(crate) key_words: usize,
    /// Bytes from slot to slot.
    pub(crate) stride: usize,
    /// Offset of the value in a slot.
    pub(crate) value_at: usize,
    /// Bytes of one value, rounded up to 8.
    pub(crate) value_bytes: usize,
    /// Bytes of the region.
    pub(crate) bytes: usize,
}

/// Rounds up to 8.
pub(crate) const fn round8(n: u32) -> usize {
    (n as usize).next_multiple_of(8)
}

fn too_big(spec: &MapSpec) -> MapError {
    MapError::TooBig { map: spec.name.as_str().into(), entries: spec.max_entries, value_size: spec.value_size }
}

impl TableLayout {
    /// The layout for a shape with `values` values an element.
    pub(crate) fn new(spec: &MapSpec, values: usize) -> Result<TableLayout, MapError> {
        let key_words = round8(spec.key_size) / 8;
        let value_bytes = round8(spec.value_size);
        let value_at = SLOT_HEAD_BYTES + key_words * 8;
        let entries = spec.max_entries as usize;
        let layout = || {
            let stride = value_bytes.checked_mul(values)?.checked_add(value_at)?;
            let reserve = (entries / 16).clamp(*RESERVE.start(), *RESERVE.end()).min((RESERVE_BYTES / stride).max(8));
            let batch = (reserve / SHARDS).min(BATCH_MAX) as u32;
            // Two below the number of 32-bit indices: entries hold the index plus 1.
            let slots = u32::try_from(entries.checked_add(reserve)?).ok().filter(|&n| n < u32::MAX - 1)?;
            let buckets = u32::try_from(entries.div_ceil(3).next_power_of_two()).ok()?;
            let slots_at = HEADER_BYTES.checked_add(buckets as usize * size_of::<Bucket>())?;
            let bytes = stride.checked_mul(slots as usize)?.checked_add(slots_at)?;
            (bytes <= isize::MAX as usize / 2).then_some(())?;
            Some(TableLayout { buckets, slots, batch, slots_at, key_words, stride, value_at, value_bytes, bytes })
        };
        layout().ok_or_else(|| too_big(spec))
    }
}

/// Where things lie in an array's region: values follow the header's page.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct ArrayLayout {
    /// Elements.
    pub(crate) entries: u32,
    /// Bytes from element to element.
    pub(crate) stride: usize,
    /// Bytes of one value, rounded up to 8; an element of a per-CPU array has several.
    pub(crate) value_bytes: usize,
    /// Bytes of the region.
    pub(crate) bytes: usize,
}

impl ArrayLayout {
    /// The layout for a shape with `values` values an element.
    pub(crate) fn new(spec: &MapSpec, values: usize) -> Result<ArrayLayout, MapError> {
        let value_bytes = round8(spec.value_size);
        let layout = || {
            let stride = value_bytes.checked_mul(values)?;
            let bytes = stride.checked_mul(spec.max_entries as usize)?.checked_add(HEADER_BYTES)?;
            (bytes <= isize::MAX as usize / 2).then_some(())?;
            Some(ArrayLayout { entries: spec.max_entries, stride, value_bytes, bytes })
        };
        layout().ok_or_else(|| too_big(spec))
    }
}
