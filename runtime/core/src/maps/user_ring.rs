//! User ring buffers: the host produces samples, programs drain them (`bpf_user_ringbuf_drain`).
//!
//! The memory is a ring buffer's, head for head; what differs is who writes and who reads. Nothing is believed of heads
//! and positions: they are checked each time, as Linux checks what a process wrote.
//!
//! # Invariants
//! 1. A sample is handed to a program only if it lies below the producers' position and within the ring; its bytes are not
//!    given to producers again before the callback has returned, for the consumer's position moves only then.
//! 2. One call drains at a time: the one that set `consumed`.
//! 3. A producer that waits for room has counted itself in `waiting` and then looked at the consumer's position; whoever
//!    drains has moved that and then looks at `waiting` (both sequentially consistent): one of them sees the other.

use std::ops::{Deref, DerefMut};
use std::time::{Duration, Instant};

use stingless_abi::MapKind;

use super::core::MapCore;
use super::fault::Fault;
use super::raw::{Source, Window};
use super::ring::{BPF_RB_FORCE_WAKEUP, BPF_RB_NO_WAKEUP, BUSY, DISCARD, HEAD, Ring, span};
use super::{Map, MapError, lock};
use crate::sync::Ordering::{Acquire, Release, SeqCst};
use crate::sync::{AtomicBool, fence};
use crate::sys::dynptr::MAX_SIZE;
use crate::sys::os;

/// Most samples of one drain (Linux `BPF_MAX_USER_RINGBUF_SAMPLES`).
const MAX_SAMPLES: i64 = 128 << 10;

/// What a program finds at the consumer's position.
enum Next {
    /// A sample: position and bytes.
    Sample(u64, u32),
    /// One that was discarded, and is passed.
    Skipped,
    /// Nothing that is ready.
    Nothing,
    /// A head that no producer of ours wrote: Linux's number.
    Broken(i32),
}

/// Whoever drains; the place is free again when this is dropped.
struct Drainer<'a>(&'a AtomicBool);

impl Drop for Drainer<'_> {
    fn drop(&mut self) {
        self.0.store(false, Release);
    }
}

impl Ring {
    /// Most bytes of a sample: what fits into the ring, and into a dynptr.
    fn longest_sample(&self) -> u64 {
        (self.region().size() - HEAD as u64).min(MAX_SIZE)
    }

    /// Position of a new sample, not submitted yet; `len` is at most [`Ring::longest_sample`].
    fn reserve_sample(&self, len: u32) -> Result<u64, Fault> {
        let producer = self.region().producer();
        let _held = lock::take(&producer.lock, lock::owner()).ok_or(Fault::Busy("the producers' lock"))?;
        let at = producer.position.load(Acquire);
        if !self.has_room(at, span(len)) {
            return Err(Fault::NoSpace);
        }
        self.region().head(at).store(len | BUSY, SeqCst);
        producer.position.store(at + span(len), Release);
        Ok(at)
    }

    /// Whether `bytes` from position `at` on are free. Unlike records of programs, samples may fill the ring.
    fn has_room(&self, at: u64, bytes: u64) -> bool {
        let used = at.wrapping_sub(self.region().consumer().position.load(SeqCst));
        self.region().size().checked_sub(used).is_some_and(|free| bytes <= free)
    }

    /// Hands a sample on, or lets it be skipped.
    fn commit_sample(&self, at: u64, len: u32, discard: bool) {
        self.region().head(at).store(len | if discard { DISCARD } else { 0 }, SeqCst);
    }

    /// Sleeps until a program has drained or `deadline`, unless there is room by now; `false` when that has passed.
    fn sleep_for_room(&self, len: u32, deadline: Option<Instant>) -> bool {
        let left = deadline.map(|at| at.saturating_duration_since(Instant::now()));
        if left == Some(Duration::ZERO) {
            return false;
        }
        let consumer = self.region().consumer();
        let seen = consumer.wakes.load(SeqCst);
        consumer.waiting.fetch_add(1, SeqCst);
        fence(SeqCst);
        if !self.has_room(self.region().producer().position.load(SeqCst), span(len)) {
            os::futex_wait(&consumer.wakes, seen, left);
        }
        consumer.waiting.fetch_sub(1, SeqCst);
        true
    }

    fn next_sample(&self) -> Next {
        let end = self.region().producer().position.load(Acquire);
        if !end.is_multiple_of(8) {
            return Next::Broken(libc::EINVAL);
        }
        let at = self.region().consumer().position.load(Acquire);
        if at >= end {
            return Next::Nothing;
        }
        let head = self.region().head(at).load(SeqCst);
        let len = head & !(BUSY | DISCARD);
        if span(head) > end - at {
            return Next::Broken(libc::EINVAL);
        }
        if u64::from(len) > self.longest_sample() {
            return Next::Broken(libc::E2BIG);
        }
        if head & DISCARD != 0 {
            self.region().consumer().position.store(at + span(head), SeqCst);
            return Next::Skipped;
        }
        if head & BUSY != 0 { Next::Nothing } else { Next::Sample(at, len) }
    }

    /// `bpf_user_ringbuf_drain`: calls `visit` with each sample that is ready, until it says to stop. The number of samples,
    /// or a negative errno.
    fn drain<E>(&self, flags: u64, mut visit: impl FnMut(Window<'_>, u32) -> Result<bool, E>) -> Result<i64, E> {
        if flags & !(BPF_RB_NO_WAKEUP | BPF_RB_FORCE_WAKEUP) != 0 {
            return Ok(-i64::from(libc::EINVAL));
        }
        if self.consumed().swap(true, Acquire) {
            return Ok(-i64::from(libc::EBUSY));
        }
        let drainer = Drainer(self.consumed());
        let (mut seen, mut skipped, mut errno, mut trapped) = (0, 0, 0, None);
        while seen < MAX_SAMPLES && trapped.is_none() {
            match self.next_sample() {
                Next::Nothing => break,
                Next::Broken(why) => {
                    errno = why;
                    break;
                }
                Next::Skipped => skipped += 1,
                Next::Sample(at, len) => {
                    let stop = visit(self.region().bytes_of(at, len as usize), len);
                    // Also of a callback that trapped: it would trap for ever.
                    self.region().consumer().position.store(at + span(len), SeqCst);
                    match stop {
                        Ok(false) => {}
                        Ok(true) => {
                            seen += 1;
                            break;
                        }
                        Err(trap) => trapped = Some(trap),
                    }
                }
            }
            seen += 1;
        }
        drop(drainer);
        if flags & BPF_RB_FORCE_WAKEUP != 0 || flags & BPF_RB_NO_WAKEUP == 0 && seen > 0 {
            self.wake();
        }
        match trapped {
            Some(trap) => Err(trap),
            None if errno != 0 => Ok(-i64::from(errno)),
            None => Ok(seen - skipped),
        }
    }
}

impl MapCore {
    fn user_ring(&self) -> Result<&Ring, Fault> {
        self.ring_of(MapKind::UserRingbuf)
    }

    /// [`Ring::drain`], for programs.
    pub(crate) fn drain<E>(&self, flags: u64, visit: impl FnMut(Window<'_>, u32) -> Result<bool, E>) -> Result<i64, E> {
        match self.user_ring() {
            Ok(ring) => ring.drain(flags, visit),
            Err(fault) => Ok(fault.negative()),
        }
    }
}

/// The producers' side of a user ring buffer, from any number of threads. See [`Map::user_ring`].
///
/// ```
/// use stingless::{Map, abi::{MapKind, MapSpec}};
/// let map = Map::create(&MapSpec::new("requests", MapKind::UserRingbuf, 0, 0, 4096))?;
/// let ring = map.user_ring()?;
/// ring.push(b"whole")?;
/// let mut sample = ring.reserve(8)?;
/// sample.copy_from_slice(b"in place");
/// sample.submit();
/// assert_eq!(ring.waiting(), 16 + 16);
/// # Ok::<(), stingless::MapError>(())
/// ```
#[derive(Clone, Debug)]
pub struct UserRing {
    map: Map,
}

impl UserRing {
    pub(super) fn new(map: &Map) -> Result<UserRing, MapError> {
        map.core().user_ring().map_err(|fault| map.core().name_fault(fault))?;
        Ok(UserRing { map: map.clone() })
    }

    fn ring(&self) -> Result<&Ring, MapError> {
        self.map.core().user_ring().map_err(|fault| self.map.core().name_fault(fault))
    }

    fn check_len(&self, len: usize) -> Result<u32, MapError> {
        self.map.core().check_write("push")?;
        let want = self.ring()?.longest_sample();
        match u32::try_from(len) {
            Ok(short) if u64::from(short) <= want => Ok(short),
            Ok(_) | Err(_) => Err(MapError::Size {
                map: self.map.core().name.clone(),
                what: "sample",
                found: len,
                want: want as usize,
            }),
        }
    }

    /// Adds a sample.
    ///
    /// # Errors
    /// As [`UserRing::reserve`].
    pub fn push(&self, sample: &[u8]) -> Result<(), MapError> {
        let mut room = self.reserve(sample.len())?;
        room.copy_from_slice(sample);
        room.submit();
        Ok(())
    }

    /// Room for a sample of `len` bytes, zeroed. Samples are drained in the order in which they were reserved: one that is
    /// neither submitted nor dropped holds up those behind it.
    ///
    /// # Errors
    /// [`MapError::NoSpace`] when programs have not drained enough, [`MapError::Size`] for more bytes than any sample of this
    /// ring has, [`MapError::Denied`] for a frozen map, [`MapError::Busy`].
    pub fn reserve(&self, len: usize) -> Result<UserSample, MapError> {
        let len = self.check_len(len)?;
        let at = self.ring()?.reserve_sample(len).map_err(|fault| self.map.core().name_fault(fault))?;
        Ok(UserSample { ring: self.clone(), at, bytes: vec![0; len as usize], submitted: false })
    }

    /// As [`UserRing::reserve`], but waits for room: until `timeout`, or without end for `None`. Programs that drain with
    /// `BPF_RB_NO_WAKEUP` wake nobody.
    ///
    /// # Errors
    /// As [`UserRing::reserve`]; [`MapError::NoSpace`] only after the timeout.
    pub fn reserve_blocking(&self, len: usize, timeout: Option<Duration>) -> Result<UserSample, MapError> {
        let deadline = timeout.and_then(|timeout| Instant::now().checked_add(timeout));
        loop {
            match self.reserve(len) {
                Err(MapError::NoSpace { .. }) if self.ring()?.sleep_for_room(self.check_len(len)?, deadline) => {}
                other => return other,
            }
        }
    }

    /// Bytes that programs have not drained yet, heads included.
    #[must_use]
    pub fn waiting(&self) -> u64 {
        self.ring().map_or(0, |ring| ring.query(0))
    }
}

/// A sample that is being written; dropped without [`UserSample::submit`], it is discarded.
#[derive(Debug)]
pub struct UserSample {
    ring: UserRing,
    at: u64,
    bytes: Vec<u8>,
    submitted: bool,
}

impl UserSample {
    /// Lets programs see it.
    pub fn submit(mut self) {
        if let Ok(ring) = self.ring.ring() {
            ring.region().bytes_of(self.at, self.bytes.len()).store(&Source::from(&self.bytes[..]));
        }
        self.submitted = true;
    }
}

impl Deref for UserSample {
    type Target = [u8];

    fn deref(&self) -> &[u8] {
        &self.bytes
    }
}

impl DerefMut for UserSample {
    fn deref_mut(&mut self) -> &mut [u8] {
        &mut self.bytes
    }
}

impl Drop for UserSample {
    fn drop(&mut self) {
        if let Ok(ring) = self.ring.ring() {
            ring.commit_sample(self.at, self.bytes.len() as u32, !self.submitted);
        }
    }
}
