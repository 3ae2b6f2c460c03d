//! Ring buffers: many producers, one consumer, records in order of reservation.
//!
//! A record is an 8-byte head and its bytes, rounded up to 8; the head holds the length, a *busy* bit from reservation
//! to submission, and a *discard* bit. The data are mapped twice in a row, so that no record is split.
//!
//! # Invariants
//! 1. Positions count bytes since the beginning and only grow; a record's place is its position modulo the size.
//! 2. `consumer <= pending <= producer < pending + size`: nothing reserved is overwritten, whatever the consumer's
//!    position says, for `pending` stops at the first busy record.
//! 3. Producers reserve under the lock, which stores the head (busy) before the new producer position; the consumer
//!    reads the position with acquire, so every head below it is one.
//! 4. A consumer that sleeps has stored `waiting` and then looked at the record at its position; a producer that
//!    submits that record has cleared busy and then looks at `waiting` (both sequentially consistent): one of them sees
//!    the other.

use std::time::{Duration, Instant};

use super::fault::Fault;
use super::lock;
use super::raw::{RingRegion, Source};
use super::{Map, MapError};
use crate::sync::Ordering::{Acquire, Relaxed, Release, SeqCst};
use crate::sync::{AtomicBool, AtomicU32, AtomicU64, fence};
use crate::sys::os;

/// `BPF_RB_NO_WAKEUP`: do not wake the consumer.
pub const BPF_RB_NO_WAKEUP: u64 = 1;
/// `BPF_RB_FORCE_WAKEUP`: wake the consumer even when it has older records to read.
pub const BPF_RB_FORCE_WAKEUP: u64 = 2;

/// Set in a head from reservation to submission (Linux `BPF_RINGBUF_BUSY_BIT`).
pub(super) const BUSY: u32 = 1 << 31;
/// Set in the head of a record that the consumer skips (Linux `BPF_RINGBUF_DISCARD_BIT`).
pub(super) const DISCARD: u32 = 1 << 30;
/// Bytes of a head (Linux `BPF_RINGBUF_HDR_SZ`).
pub(super) const HEAD: usize = 8;

/// A ring.
#[derive(Debug)]
pub(crate) struct Ring {
    region: RingRegion,
    /// Somebody holds the consumer's place.
    consumed: AtomicBool,
}

/// Bytes from a record's position to the next one's.
pub(super) fn span(head: u32) -> u64 {
    (u64::from(head & !(BUSY | DISCARD)) + HEAD as u64).next_multiple_of(8)
}

impl Ring {
    pub(crate) fn new(region: RingRegion) -> Ring {
        Ring { region, consumed: AtomicBool::new(false) }
    }

    pub(crate) fn region(&self) -> &RingRegion {
        &self.region
    }

    /// Whether somebody holds the consumer's place.
    pub(super) fn consumed(&self) -> &AtomicBool {
        &self.consumed
    }

    /// Position of a new record with room for `len` bytes; `None` when the ring is too full.
    #[inline]
    pub(super) fn reserve(&self, len: u64) -> Option<u64> {
        let size = self.region.size();
        // Linux `RINGBUF_MAX_RECORD_SZ`; also keeps clear of the two bits.
        let head = u32::try_from(len).ok().filter(|&len| len <= u32::MAX / 4)?;
        let producer = self.region.producer();
        let _held = lock::take(&producer.lock, lock::owner())?;
        let at = producer.position.load(Relaxed);
        let end = at.wrapping_add(span(head));
        let pending = self.pending(at);
        let consumer = self.region.consumer().position.load(Acquire);
        if span(head) > size || end.wrapping_sub(consumer) >= size || end.wrapping_sub(pending) >= size {
            producer.lost.fetch_add(1, Relaxed);
            return None;
        }
        self.region.head(at).store(head | BUSY, Relaxed);
        self.region.set_page(at);
        producer.position.store(end, Release);
        Some(at)
    }

    /// Moves `pending` over what was submitted, under the lock.
    #[inline]
    fn pending(&self, end: u64) -> u64 {
        let mut pending = self.region.producer().pending.load(Relaxed);
        while pending < end {
            let head = self.region.head(pending).load(Acquire);
            if head & BUSY != 0 {
                break;
            }
            pending += span(head);
        }
        self.region.producer().pending.store(pending, Relaxed);
        pending
    }

    /// Submits or discards the record at a position.
    #[inline]
    pub(super) fn commit(&self, at: u64, discard: bool, flags: u64) {
        let word = self.region.head(at);
        let len = word.load(Relaxed) & !(BUSY | DISCARD);
        word.swap(len | if discard { DISCARD } else { 0 }, SeqCst);
        let consumer = self.region.consumer();
        let mask = self.region.size() - 1;
        let reached = || consumer.position.load(SeqCst) & mask == at & mask;
        if flags & BPF_RB_FORCE_WAKEUP != 0 || flags & BPF_RB_NO_WAKEUP == 0 && reached() {
            self.wake();
        }
    }

    pub(super) fn wake(&self) {
        let consumer = self.region.consumer();
        if consumer.waiting.load(SeqCst) != 0 {
            consumer.wakes.fetch_add(1, SeqCst);
            os::futex_wake_all(&consumer.wakes);
        }
    }

    /// Reserve, copy, submit; fails with Linux's number.
    pub(super) fn output(&self, source: &Source<'_>, flags: u64) -> Result<(), i32> {
        if flags & !(BPF_RB_NO_WAKEUP | BPF_RB_FORCE_WAKEUP) != 0 {
            return Err(libc::EINVAL);
        }
        let at = self.reserve(source.len() as u64).ok_or(libc::EAGAIN)?;
        self.region.bytes_of(at, source.len()).store(source);
        self.commit(at, false, flags);
        Ok(())
    }

    /// `bpf_ringbuf_query`: 0 = bytes not yet consumed, 1 = size, 2 = consumer's, 3 = producer's position; else 0.
    pub(crate) fn query(&self, what: u64) -> u64 {
        let consumer = self.region.consumer().position.load(Acquire);
        let producer = self.region.producer().position.load(Acquire);
        match what {
            0 => producer.wrapping_sub(consumer),
            1 => self.region.size(),
            2 => consumer,
            3 => producer,
            _ => 0,
        }
    }

    /// Reservations that found the ring too full.
    pub(crate) fn lost(&self) -> u64 {
        self.region.producer().lost.load(Relaxed)
    }

    /// Copies the next submitted record to `buffer`; `false` when the next one is busy or there is none.
    fn next(&self, buffer: &mut Vec<u8>) -> bool {
        let position = &self.region.consumer().position;
        loop {
            let at = position.load(Relaxed);
            if at >= self.region.producer().position.load(Acquire) {
                return false;
            }
            let head = self.region.head(at).load(SeqCst);
            if head & BUSY != 0 {
                return false;
            }
            if head & DISCARD == 0 {
                let len = (head as usize).min(self.region.size() as usize - HEAD);
                buffer.resize(len, 0);
                self.region.bytes_of(at, len).load(buffer);
            }
            // Orders the copy before the producers that see the new position.
            position.store(at + span(head), Release);
            if head & DISCARD == 0 {
                return true;
            }
        }
    }

    /// Sleeps until a producer wakes this consumer, or `deadline`; `false` when that has passed.
    fn sleep(&self, deadline: Option<Instant>) -> bool {
        let consumer = self.region.consumer();
        let left = deadline.map(|at| at.saturating_duration_since(Instant::now()));
        if left == Some(Duration::ZERO) {
            return false;
        }
        let seen = consumer.wakes.load(SeqCst);
        consumer.waiting.store(1, SeqCst);
        fence(SeqCst);
        if !self.ready() {
            os::futex_wait(&consumer.wakes, seen, left);
        }
        consumer.waiting.store(0, SeqCst);
        true
    }

    fn ready(&self) -> bool {
        let at = self.region.consumer().position.load(Relaxed);
        at < self.region.producer().position.load(SeqCst) && self.region.head(at).load(SeqCst) & BUSY == 0
    }
}

/// What producers write, on a page of its own.
#[repr(C, align(64))]
#[derive(Debug)]
pub(crate) struct Producer {
    /// End of the newest record.
    pub(super) position: AtomicU64,
    /// Start of the oldest record that is not known to be submitted.
    pub(super) pending: AtomicU64,
    /// Failed reservations.
    pub(super) lost: AtomicU64,
    /// Taken by those who reserve.
    pub(super) lock: AtomicU32,
}

/// What the consumer writes, on a page of its own.
#[repr(C, align(64))]
#[derive(Debug)]
pub(crate) struct Consumer {
    /// Start of the next record to read.
    pub(super) position: AtomicU64,
    /// 1: it sleeps, or is about to.
    pub(super) waiting: AtomicU32,
    /// Counts wakes: what it sleeps on.
    pub(super) wakes: AtomicU32,
}

/// The consumer of a ring-buffer map: there is one at a time. See [`Map::ring`].
#[derive(Debug)]
pub struct RingConsumer {
    map: Map,
    buffer: Vec<u8>,
}

impl RingConsumer {
    pub(super) fn new(map: &Map) -> Result<RingConsumer, MapError> {
        let ring = map.core().ring().map_err(|fault| map.core().name_fault(fault))?;
        if ring.consumed.swap(true, Acquire) {
            return Err(map.core().name_fault(Fault::Busy("the consumer's place")));
        }
        Ok(RingConsumer { map: map.clone(), buffer: Vec::new() })
    }

    /// Calls `visit` with each record that is ready, in order. Returns their number; does not block. A record is
    /// consumed before `visit` sees it.
    pub fn consume(&mut self, mut visit: impl FnMut(&[u8])) -> usize {
        let Ok(ring) = self.map.core().ring() else { return 0 };
        let mut seen = 0;
        while ring.next(&mut self.buffer) {
            seen += 1;
            visit(&self.buffer);
        }
        seen
    }

    /// As [`RingConsumer::consume`], but waits for the first record: until `timeout`, or without end for `None`.
    /// Returns 0 only after the timeout.
    pub fn poll(&mut self, timeout: Option<Duration>, mut visit: impl FnMut(&[u8])) -> usize {
        let deadline = timeout.and_then(|timeout| Instant::now().checked_add(timeout));
        loop {
            let seen = self.consume(&mut visit);
            let again = seen == 0 && self.map.core().ring().is_ok_and(|ring| ring.sleep(deadline));
            if !again {
                return seen;
            }
        }
    }

    /// Reservations that found the ring too full, since the map was made.
    #[must_use]
    pub fn lost(&self) -> u64 {
        self.map.core().ring().map_or(0, Ring::lost)
    }
}

impl Drop for RingConsumer {
    fn drop(&mut self) {
        if let Ok(ring) = self.map.core().ring() {
            ring.consumed.store(false, Release);
        }
    }
}
