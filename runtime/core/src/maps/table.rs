//! Hash tables: hash and LRU hash, plain and per CPU.
//!
//! # Invariants
//! 1. A key stands in one place of its bucket (an entry, or the chain) from insertion to deletion: no reader that looks
//!    all through the bucket can miss it. An update replaces the reference in that place by one atomic store.
//! 2. References of a bucket change only under its lock. Lock order: shard, then bucket; a second bucket (the victim
//!    of an eviction) is only tried.
//! 3. What a published slot's key says never changes while the slot is in the table.
//! 4. `Header::count` is the number of live elements plus insertions in progress, and at most `max_entries`.
//! 5. Lock-free readers are inside an epoch (`_guard` parameters, or the call of the program).

use std::ops::ControlFlow;

use stingless_abi::SpecialField;
use stingless_abi::map::{BPF_EXIST, BPF_NOEXIST};

use super::alloc::Allocator;
use super::fault::Fault;
use super::hash::Hasher;
use super::layout::{Bucket, ENTRIES};
use super::lock;
use super::raw::{Slot, Source, TableRegion};
use crate::sync::Ordering::{Acquire, Relaxed, Release};
use crate::sync::fence;
use crate::sys::epoch::Guard;

/// What an update stores.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Put<'a> {
    /// The whole value: of a per-CPU map, one for every execution slot.
    Whole(Source<'a>),
    /// One execution slot's value; the others begin as 0.
    One(u32, Source<'a>),
}

impl<'a> Put<'a> {
    /// The same, without the bytes of special fields.
    #[inline]
    pub(crate) fn around(self, special: &'a [SpecialField]) -> Put<'a> {
        match self {
            Put::Whole(source) => Put::Whole(source.around(special)),
            Put::One(slot, source) => Put::One(slot, source.around(special)),
        }
    }
}

/// A hash table of any kind.
#[derive(Debug)]
pub(crate) struct Table {
    region: TableRegion,
    hasher: Hasher,
    capacity: u32,
    lru: bool,
    per_slot: bool,
}

/// Where a key stands in its bucket.
enum Place<'a> {
    Entry(usize, Slot<'a>),
    Chain(Option<Slot<'a>>, Slot<'a>),
}

impl<'a> Place<'a> {
    fn slot(&self) -> Slot<'a> {
        match self {
            Place::Entry(_, slot) | Place::Chain(_, slot) => *slot,
        }
    }
}

const BUCKET: Fault = Fault::Busy("a bucket's lock");
/// Unlocked attempts of a reader before it takes the bucket's lock.
const TRIES: usize = 8;

impl Table {
    pub(crate) fn new(region: TableRegion, hasher: Hasher, capacity: u32, lru: bool, per_slot: bool) -> Table {
        Table { region, hasher, capacity, lru, per_slot }
    }

    pub(crate) fn region(&self) -> &TableRegion {
        &self.region
    }

    /// Number of the bucket of a key.
    pub(crate) fn bucket_of(&self, key: &[u64]) -> u32 {
        self.hasher.hash(key) as u32 & (self.region.layout().buckets - 1)
    }

    /// Live elements.
    pub(crate) fn len(&self) -> u32 {
        self.region.header().count.load(Relaxed)
    }

    /// The slot of a key, for a caller inside an epoch.
    #[inline(always)]
    pub(crate) fn find<K: AsRef<[u64]>>(&self, key: K) -> Option<Slot<'_>> {
        let key = key.as_ref();
        let hash = self.hasher.hash(key);
        let bucket = self.region.bucket(hash);
        let mut hits = matches(bucket, hash);
        while hits != 0 {
            let entry = bucket.entries[hits.trailing_zeros() as usize].load(Acquire);
            if let Some(slot) = self.region.slot(entry as u32)
                && slot.key_is(key)
            {
                return Some(slot);
            }
            hits &= hits - 1;
        }
        if bucket.chain.load(Acquire) == 0 { None } else { self.find_chained(bucket, key) }
    }

    #[cold]
    fn find_chained(&self, bucket: &Bucket, key: &[u64]) -> Option<Slot<'_>> {
        for _ in 0..TRIES {
            let version = bucket.chain_version.load(Acquire);
            if let Some(slot) = self.chain(bucket).find(|slot| slot.key_is(key)) {
                return Some(slot);
            }
            fence(Acquire);
            if bucket.chain_version.load(Relaxed) == version {
                return None;
            }
        }
        let held = lock::take(&bucket.lock, lock::owner());
        let found = self.chain(bucket).find(|slot| slot.key_is(key));
        drop(held);
        found
    }

    /// The slots of a bucket's chain. Ends even when slots are reused under it.
    fn chain(&self, bucket: &Bucket) -> impl Iterator<Item = Slot<'_>> {
        let step = |slot: &Slot<'_>| self.region.slot(slot.head().next.load(Acquire));
        std::iter::successors(self.region.slot(bucket.chain.load(Acquire)), step)
            .take(self.region.layout().slots as usize)
    }

    /// Marks a use, for eviction.
    #[inline(always)]
    pub(crate) fn touch(&self, slot: &Slot<'_>) {
        if self.lru && slot.head().used.load(Relaxed) == 0 {
            slot.head().used.store(1, Relaxed);
        }
    }

    /// Copies a value out: one element's, never parts of two.
    pub(crate) fn read<K: AsRef<[u64]> + Copy>(&self, key: K, out: &mut [u8], _guard: &Guard) -> Result<bool, Fault> {
        for _ in 0..TRIES {
            let Some(slot) = self.find(key) else { return Ok(false) };
            let tag = slot.head().tag.load(Acquire);
            let same = slot.key_is(key.as_ref());
            slot.value().load(out);
            fence(Acquire);
            if same && slot.head().tag.load(Relaxed) == tag {
                return Ok(true);
            }
        }
        let hash = self.hasher.hash(key.as_ref());
        let bucket = self.region.bucket(hash);
        let _held = lock::take(&bucket.lock, lock::owner()).ok_or(BUCKET)?;
        let place = self.locate(bucket, key.as_ref(), hash);
        Ok(place.map(|place| place.slot().value().load(out)).is_some())
    }

    /// Where a key stands, under the bucket's lock.
    #[inline(always)]
    fn locate<'a>(&'a self, bucket: &Bucket, key: &[u64], hash: u64) -> Option<Place<'a>> {
        let mut hits = matches(bucket, hash);
        while hits != 0 {
            let i = hits.trailing_zeros() as usize;
            if let Some(slot) = self.region.slot(bucket.entries[i].load(Acquire) as u32)
                && slot.key_is(key)
            {
                return Some(Place::Entry(i, slot));
            }
            hits &= hits - 1;
        }
        self.locate_chained(bucket, |slot| slot.key_is(key))
    }

    fn locate_chained<'a>(&'a self, bucket: &Bucket, found: impl Fn(&Slot<'a>) -> bool) -> Option<Place<'a>> {
        let mut before = None;
        let mut at = self.region.slot(bucket.chain.load(Relaxed))?;
        for _ in 0..self.region.layout().slots {
            if found(&at) {
                return Some(Place::Chain(before, at));
            }
            before = Some(at);
            at = self.region.slot(at.head().next.load(Relaxed))?;
        }
        None
    }

    /// Creates or replaces an element; `flags` is `BPF_ANY`, `BPF_NOEXIST` or `BPF_EXIST`.
    #[inline]
    pub(crate) fn update<K: AsRef<[u64]>>(&self, key: K, put: Put<'_>, flags: u64) -> Result<(), Fault> {
        let key = key.as_ref();
        let owner = lock::owner();
        let hash = self.hasher.hash(key);
        let bucket = self.region.bucket(hash);
        let (alloc, new) = Allocator::take_with_slot(&self.region, owner)?;
        self.fill(&new, key, put);
        let mut reserved = false;
        let done = loop {
            let Some(held) = lock::take(&bucket.lock, owner) else { break Err(BUCKET) };
            let place = self.locate(bucket, key, hash);
            match self.put(bucket, hash, place, new, put, flags, &mut reserved) {
                Err(Fault::Full) if self.lru => drop(held),
                done => break done,
            }
            if let Err(fault) = self.evict(&alloc, owner) {
                break Err(fault);
            }
            reserved = true;
        };
        if reserved {
            self.region.header().count.fetch_sub(1, Relaxed);
        }
        match done {
            Ok(Some(old)) if old.reference != new.reference => alloc.retire(old),
            Ok(None) => {}
            Ok(Some(_)) | Err(_) => alloc.give_back(new),
        }
        done.map(|_| ())
    }

    /// The decision of an update, under the bucket's lock. Returns the slot that went out, `new` itself when it was
    /// not needed, `None` when nothing went out.
    #[allow(clippy::too_many_arguments, reason = "the state of one loop, split off for its length")]
    fn put<'a>(
        &'a self,
        bucket: &Bucket,
        hash: u64,
        place: Option<Place<'a>>,
        new: Slot<'a>,
        put: Put<'_>,
        flags: u64,
        reserved: &mut bool,
    ) -> Result<Option<Slot<'a>>, Fault> {
        let Some(place) = place else {
            if flags == BPF_EXIST {
                return Err(Fault::NotFound);
            }
            if !std::mem::take(reserved) && !self.reserve() {
                return Err(Fault::Full);
            }
            self.link(bucket, hash, new);
            return Ok(None);
        };
        if flags == BPF_NOEXIST {
            return Err(Fault::Exists);
        }
        let old = place.slot();
        if self.per_slot {
            self.store_value(&old, put);
            self.touch(&old);
            return Ok(Some(new));
        }
        self.replace(bucket, &place, new);
        Ok(Some(old))
    }

    #[inline(always)]
    fn fill(&self, slot: &Slot<'_>, key: &[u64], put: Put<'_>) {
        let window = slot.key();
        for (i, &word) in key.iter().enumerate() {
            window.store_word(i, word);
        }
        match put {
            Put::One(..) => slot.value().clear(),
            Put::Whole(source) => slot.value().clear_special(source.special()),
        }
        self.store_value(slot, put);
    }

    #[inline(always)]
    fn store_value(&self, slot: &Slot<'_>, put: Put<'_>) {
        match put {
            Put::Whole(source) => slot.value().store(&source),
            Put::One(n, source) => slot.value().part(n as usize, self.region.layout().value_bytes).store(&source),
        }
    }

    /// Writes over a value in place, under its spin lock; `false` if there is no such key.
    pub(crate) fn update_locked<K: AsRef<[u64]>>(&self, key: K, source: Source<'_>, flags: u64) -> Result<bool, Fault> {
        let Some(slot) = self.find(key) else {
            return if flags == BPF_EXIST { Err(Fault::NotFound) } else { Ok(false) };
        };
        if flags == BPF_NOEXIST {
            return Err(Fault::Exists);
        }
        slot.value().store_locked(&source)?;
        Ok(true)
    }

    /// Copies the value of a key out under its spin lock (`BPF_F_LOCK`); `None` where there is none.
    pub(crate) fn read_locked<K: AsRef<[u64]>>(
        &self,
        key: K,
        special: &[SpecialField],
        out: &mut [u8],
        _guard: &Guard,
    ) -> Result<Option<()>, Fault> {
        // Nobody has the slot anew before the guard's epoch ends.
        self.find(key).map(|slot| slot.value().load_locked(special, out)).transpose()
    }

    fn reserve(&self) -> bool {
        let count = &self.region.header().count;
        count.fetch_update(Relaxed, Relaxed, |n| (n < self.capacity).then_some(n + 1)).is_ok()
    }

    fn link(&self, bucket: &Bucket, hash: u64, new: Slot<'_>) {
        let head = new.head();
        head.live.store(1, Relaxed);
        match bucket.entries.iter().find(|entry| entry.load(Relaxed) == 0) {
            Some(entry) => {
                head.next.store(0, Release);
                entry.store(entry_word(hash, new), Release);
            }
            None => {
                head.next.store(bucket.chain.load(Relaxed), Release);
                bucket.chain.store(new.reference, Release);
            }
        }
    }

    #[inline]
    fn replace(&self, bucket: &Bucket, place: &Place<'_>, new: Slot<'_>) {
        let head = new.head();
        head.live.store(1, Relaxed);
        if self.lru {
            head.used.store(1, Relaxed);
        }
        match place {
            Place::Entry(i, _) => {
                head.next.store(0, Release);
                let fingerprint = bucket.entries[*i].load(Relaxed) & !u64::from(u32::MAX);
                bucket.entries[*i].store(fingerprint | u64::from(new.reference), Release);
            }
            Place::Chain(before, old) => {
                head.next.store(old.head().next.load(Relaxed), Release);
                chain_link(bucket, before.as_ref(), new.reference);
            }
        }
    }

    fn unlink(&self, bucket: &Bucket, place: &Place<'_>) {
        match place {
            Place::Entry(i, _) => bucket.entries[*i].store(0, Release),
            Place::Chain(before, old) => chain_link(bucket, before.as_ref(), old.head().next.load(Relaxed)),
        }
    }

    /// Deletes an element.
    pub(crate) fn delete<K: AsRef<[u64]>>(&self, key: K) -> Result<(), Fault> {
        let key = key.as_ref();
        let owner = lock::owner();
        let hash = self.hasher.hash(key);
        let bucket = self.region.bucket(hash);
        let alloc = Allocator::take(&self.region, owner).ok_or(Fault::Busy("an allocator's lock"))?;
        let held = lock::take(&bucket.lock, owner).ok_or(BUCKET)?;
        let place = self.locate(bucket, key, hash).ok_or(Fault::NotFound)?;
        self.unlink(bucket, &place);
        drop(held);
        self.region.header().count.fetch_sub(1, Relaxed);
        alloc.retire(place.slot());
        Ok(())
    }

    /// Takes an element that was not used lately out of the table. Its share of `count` goes to the caller.
    fn evict<'a>(&'a self, alloc: &Allocator<'a>, owner: u32) -> Result<(), Fault> {
        let slots = self.region.layout().slots;
        // Two rounds clear every mark; the rest is for victims whose bucket somebody holds.
        for round in 0..u64::from(slots) * 8 {
            let hand = self.region.header().hand.fetch_add(1, Relaxed) % slots;
            let Some(slot) = self.region.slot(hand + 1) else { continue };
            let head = slot.head();
            if head.live.load(Acquire) == 0 {
                continue;
            }
            if head.used.load(Relaxed) != 0 && round < u64::from(slots) * 4 {
                head.used.store(0, Relaxed);
                continue;
            }
            if self.evict_slot(slot, owner) {
                alloc.retire(slot);
                return Ok(());
            }
        }
        Err(Fault::NoSlot)
    }

    /// Unlinks this very slot if its bucket is free and still holds it.
    fn evict_slot(&self, slot: Slot<'_>, owner: u32) -> bool {
        let mut words = [0; KEY_WORDS_MAX];
        let words = &mut words[..self.region.layout().key_words];
        let key = slot.key();
        words.iter_mut().enumerate().for_each(|(i, word)| *word = key.load_word(i));
        // Torn when the slot was just reused: then it does not stand in this bucket, or it does and is fair game.
        let bucket = self.region.bucket(self.hasher.hash(words));
        let Some(_held) = lock::try_take(&bucket.lock, owner) else { return false };
        let place = match bucket.entries.iter().position(|e| e.load(Relaxed) as u32 == slot.reference) {
            Some(i) => Place::Entry(i, slot),
            None => match self.locate_chained(bucket, |at| at.reference == slot.reference) {
                Some(place) => place,
                None => return false,
            },
        };
        self.unlink(bucket, &place);
        true
    }

    /// Visits elements bucket by bucket, for a caller inside an epoch. Elements that come or go meanwhile are seen or not.
    pub(crate) fn walk(&self, mut visit: impl FnMut(Slot<'_>) -> ControlFlow<()>) -> ControlFlow<()> {
        (0..self.region.layout().buckets).try_for_each(|n| self.walk_bucket(n.into(), &mut visit))
    }

    fn walk_bucket(&self, hash: u64, visit: &mut impl FnMut(Slot<'_>) -> ControlFlow<()>) -> ControlFlow<()> {
        let bucket = self.region.bucket(hash);
        for entry in &bucket.entries {
            if let Some(slot) = self.region.slot(entry.load(Acquire) as u32) {
                visit(slot)?;
            }
        }
        self.chain(bucket).try_for_each(visit)
    }

    /// Copies the key that follows `key`: the first one when it is not there. `false` at the end.
    pub(crate) fn next_key<K: AsRef<[u64]>>(&self, key: K, out: &mut [u64], guard: &Guard) -> bool {
        let key = key.as_ref();
        let home = self.bucket_of(key);
        let mut seen = false;
        let flow = self.walk_bucket(home.into(), &mut |slot| {
            if seen && self.copy_key(slot, out) {
                return ControlFlow::Break(());
            }
            seen |= slot.key_is(key);
            ControlFlow::Continue(())
        });
        if flow.is_break() {
            return true;
        }
        self.first_key(if seen { home + 1 } else { 0 }, out, guard)
    }

    /// Copies the first key from a bucket on. `false` when there is none.
    pub(crate) fn first_key(&self, bucket: u32, out: &mut [u64], _guard: &Guard) -> bool {
        let mut copy = |slot: Slot<'_>| {
            if self.copy_key(slot, out) { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
        };
        (bucket..self.region.layout().buckets).any(|n| self.walk_bucket(n.into(), &mut copy).is_break())
    }

    /// Copies a key; `false` when the slot left the table meanwhile.
    pub(crate) fn copy_key(&self, slot: Slot<'_>, out: &mut [u64]) -> bool {
        let tag = slot.head().tag.load(Acquire);
        let live = slot.head().live.load(Acquire) != 0;
        let key = slot.key();
        out.iter_mut().enumerate().for_each(|(i, word)| *word = key.load_word(i));
        fence(Acquire);
        live && slot.head().tag.load(Relaxed) == tag
    }
}

/// Runs `$body` with the words of a key of `$table`, in the cheapest form: one and two words by value.
macro_rules! with_key {
    ($table:expr, $source:expr, |$key:ident| $body:expr) => {{
        let source = $source;
        match $table.region().layout().key_words {
            1 => {
                let $key = [source.word(0)];
                $body
            }
            2 => {
                let $key = [source.word(0), source.word(1)];
                $body
            }
            words => {
                let mut buffer = [0u64; $crate::maps::table::KEY_WORDS_MAX];
                let words = &mut buffer[..words];
                words.iter_mut().enumerate().for_each(|(i, word)| *word = source.word(i));
                let $key = &*words;
                $body
            }
        }
    }};
}
pub(crate) use with_key;

/// Most words of a key: 512 bytes.
pub(crate) const KEY_WORDS_MAX: usize = 64;

/// A bit for each entry with the fingerprint of a hash; without a branch, for which one matches is random.
#[inline(always)]
fn matches(bucket: &Bucket, hash: u64) -> u32 {
    let bit = |i: usize| u32::from((bucket.entries[i].load(Acquire) ^ hash) >> 32 == 0) << i;
    const { assert!(ENTRIES == 6) }
    bit(0) | bit(1) | bit(2) | bit(3) | bit(4) | bit(5)
}

#[inline]
fn entry_word(hash: u64, slot: Slot<'_>) -> u64 {
    (hash & !u64::from(u32::MAX)) | u64::from(slot.reference)
}

fn chain_link(bucket: &Bucket, before: Option<&Slot<'_>>, reference: u32) {
    match before {
        Some(before) => before.head().next.store(reference, Release),
        None => bucket.chain.store(reference, Release),
    }
    bucket.chain_version.fetch_add(1, Release);
}
