//! Slots of a table: which are free, and when those that were unlinked become free again.
//!
//! A slot goes round: *fresh* (never used) or *free* -> live in the table -> *retired* (unlinked) -> *waiting* (a grace
//! period began after it was unlinked) -> *free*. Slots are preallocated, a reserve beyond the capacity included, so
//! that a grace period (a microsecond) is paid once for a batch. Lists belong to shards; a thread uses the shard of its
//! number and helps itself from the others when it runs dry.
//!
//! # Invariants
//! 1. A slot is in at most one list, and in none while it is live.
//! 2. All lists of a shard are changed only under its lock.
//! 3. A slot moves from waiting to free only when the grace period has passed. The one exception is
//!    [`Allocator::force`]: nothing else is left, so the oldest is taken at once, and counted (`Header::forced`).
//!    Memory stays safe: slots are type-stable, and the tag tells the host's readers.

use super::fault::Fault;
use super::layout::{List, SHARDS, Shard};
use super::lock;
use super::raw::{Slot, TableRegion};
use crate::sync::Ordering::{Acquire, Relaxed, Release};
use crate::sync::fence;
use crate::sys::epoch::Grace;

/// Attempts to find a slot in shards that others hold.
const ROUNDS: usize = 10_000;

/// A shard, locked.
#[derive(Debug)]
pub(crate) struct Allocator<'a> {
    table: &'a TableRegion,
    shard: &'a Shard,
}

impl Drop for Allocator<'_> {
    #[inline]
    fn drop(&mut self) {
        lock::give_back(&self.shard.lock);
    }
}

impl<'a> Allocator<'a> {
    /// Takes a shard: this thread's own, else any that is free, else waits; `None` after about a second.
    #[inline]
    pub(crate) fn take(table: &'a TableRegion, owner: u32) -> Option<Allocator<'a>> {
        Allocator::take_from(table, owner as usize, owner)
    }

    /// Takes a shard and a slot of it. What other shards have lies behind their locks: tries again for a while before
    /// it says that there is none.
    #[inline(always)]
    pub(crate) fn take_with_slot(table: &'a TableRegion, owner: u32) -> Result<(Allocator<'a>, Slot<'a>), Fault> {
        if let Some(alloc) = Allocator::try_take(table, owner as usize % SHARDS, owner)
            && let Some(slot) = alloc.slot()
        {
            return Ok((alloc, slot));
        }
        Allocator::search(table, owner)
    }

    #[cold]
    fn search(table: &'a TableRegion, owner: u32) -> Result<(Allocator<'a>, Slot<'a>), Fault> {
        for round in 0..ROUNDS {
            let first = (owner as usize).wrapping_add(round);
            let alloc = Allocator::take_from(table, first, owner).ok_or(Fault::Busy("an allocator's lock"))?;
            if let Some(slot) = alloc.slot() {
                return Ok((alloc, slot));
            }
            drop(alloc);
            std::thread::yield_now();
        }
        Err(Fault::NoSlot)
    }

    #[inline]
    fn take_from(table: &'a TableRegion, first: usize, owner: u32) -> Option<Allocator<'a>> {
        Allocator::try_take(table, first % SHARDS, owner).or_else(|| Allocator::take_any(table, first, owner))
    }

    #[cold]
    fn take_any(table: &'a TableRegion, first: usize, owner: u32) -> Option<Allocator<'a>> {
        let free = (1..SHARDS).find_map(|i| Allocator::try_take(table, first.wrapping_add(i) % SHARDS, owner));
        free.or_else(|| {
            let shard = table.shard(first);
            lock::take(&shard.lock, owner)?.keep();
            Some(Allocator { table, shard })
        })
    }

    #[inline(always)]
    fn try_take(table: &'a TableRegion, number: usize, owner: u32) -> Option<Allocator<'a>> {
        let shard = table.shard(number);
        lock::try_take(&shard.lock, owner)?.keep();
        Some(Allocator { table, shard })
    }

    /// A slot that no reader can reach, with a new tag; `None` when every slot is live or in somebody's hands.
    #[inline(always)]
    fn slot(&self) -> Option<Slot<'a>> {
        let slot = match self.pop(&self.shard.free) {
            Some(slot) => slot,
            None => self.refill()?,
        };
        let head = slot.head();
        head.tag.store(head.tag.load(Relaxed).wrapping_add(1), Relaxed);
        // The tag changes before the contents do: a reader that sees new contents sees the new tag.
        fence(Release);
        head.used.store(0, Relaxed);
        Some(slot)
    }

    /// Gives back a slot that was never in the table.
    pub(crate) fn give_back(&self, slot: Slot<'a>) {
        self.push(&self.shard.free, slot);
    }

    /// Keeps a slot that was just unlinked until nobody can point to it. Begins a grace period once a batch has
    /// gathered, long before anybody runs dry: the caller's own call must end before it can pass.
    #[inline]
    pub(crate) fn retire(&self, slot: Slot<'a>) {
        slot.head().live.store(0, Release);
        self.push(&self.shard.retired, slot);
        if self.shard.retired.len.load(Relaxed) >= self.table.layout().batch {
            self.begin_grace();
        }
    }

    #[inline]
    fn begin_grace(&self) {
        let shard = self.shard;
        if shard.waiting.len.load(Relaxed) == 0 && shard.retired.len.load(Relaxed) > 0 {
            shard.waiting.take_over(&shard.retired);
            shard.grace.store(Grace::begin().to_raw(), Relaxed);
        }
    }

    #[cold]
    fn refill(&self) -> Option<Slot<'a>> {
        if let Some(slot) = self.reclaim().or_else(|| self.fresh()) {
            return Some(slot);
        }
        let owner = self.shard.lock.load(Relaxed);
        let others = || (0..SHARDS).filter_map(|i| Allocator::try_take(self.table, owner as usize % SHARDS + i, owner));
        let gather = |shard: &Allocator<'a>| {
            shard.begin_grace();
            shard.pop(&shard.shard.free).or_else(|| shard.reclaim())
        };
        gather(self)
            .or_else(|| others().find_map(|other| gather(&other)))
            .or_else(|| self.force())
            .or_else(|| others().find_map(|other| other.force()))
    }

    /// A slot whose grace period has passed.
    fn reclaim(&self) -> Option<Slot<'a>> {
        let shard = self.shard;
        if shard.waiting.len.load(Relaxed) == 0 || !Grace::from_raw(shard.grace.load(Relaxed)).passed() {
            return None;
        }
        shard.free.take_over(&shard.waiting);
        self.pop(&shard.free)
    }

    fn fresh(&self) -> Option<Slot<'a>> {
        let slots = self.table.layout().slots;
        let fresh = &self.table.header().fresh;
        let index = fresh.fetch_update(Relaxed, Relaxed, |n| (n < slots).then_some(n + 1)).ok()?;
        self.table.slot(index + 1)
    }

    fn force(&self) -> Option<Slot<'a>> {
        let slot = self.pop(&self.shard.waiting).or_else(|| self.pop(&self.shard.retired))?;
        self.table.header().forced.fetch_add(1, Relaxed);
        Some(slot)
    }

    #[inline(always)]
    fn pop(&self, list: &List) -> Option<Slot<'a>> {
        let slot = self.table.slot(list.head.load(Relaxed))?;
        list.head.store(slot.head().link.load(Relaxed), Relaxed);
        let left = list.len.load(Relaxed).saturating_sub(1);
        list.len.store(left, Relaxed);
        if left == 0 {
            list.head.store(0, Relaxed);
            list.tail.store(0, Relaxed);
        }
        Some(slot)
    }

    #[inline(always)]
    fn push(&self, list: &List, slot: Slot<'a>) {
        slot.head().link.store(0, Relaxed);
        match self.table.slot(list.tail.load(Acquire)) {
            Some(last) => last.head().link.store(slot.reference, Relaxed),
            None => list.head.store(slot.reference, Relaxed),
        }
        list.tail.store(slot.reference, Relaxed);
        list.len.store(list.len.load(Relaxed) + 1, Relaxed);
    }
}

impl List {
    /// Moves all of `from` into this list, which is empty.
    fn take_over(&self, from: &List) {
        for (to, from) in [(&self.head, &from.head), (&self.tail, &from.tail), (&self.len, &from.len)] {
            to.store(from.load(Relaxed), Relaxed);
            from.store(0, Relaxed);
        }
    }
}
