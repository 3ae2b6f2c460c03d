//! When may memory that a call could still point to be reused? When every such call has ended.
//!
//! A plugin keeps the pointer that a lookup gave it until it returns, so an element that was deleted meanwhile must
//! stay what it is. Calls announce themselves with a plain store (1 ns), and those who want to reuse memory pay:
//!
//! ```text
//! reader (a call)                        reclaimer
//! active = EPOCH            (enter)      1  the element is unlinked, and the reclaimer knows it (same lock)
//! compiler fence                         2  target = ++EPOCH
//! lookup, use the pointer                3  membarrier: a full fence on every running thread
//! active = 0, release       (leave)      4  passed when every record is 0 or >= target
//! ```
//!
//! # Invariants
//! 1. *No record read as 0 in step 4 hides a pointer.* Its thread either left (its uses are ordered before the store
//!    of 0, which is a release), or its store of a number came after the fence that step 3 put into it; its lookups
//!    then come after that fence too and see the unlinked state of step 1.
//! 2. *No record `>= target` hides a pointer.* It was read from `EPOCH` with acquire, step 2 is a release, and step 1
//!    comes before it: the lookups of that call see the unlinked state.
//! 3. Records of the same thread nest: only the outermost entry stores, only the outermost exit clears.
//!
//! Where the kernel refuses `membarrier`, readers execute the full fence themselves.
//!
//! A record's index is also the thread's *execution slot* (`bpf_get_smp_processor_id`, the "CPU" of per-CPU maps):
//! threads take the lowest free one when they first enter and give it back when they end.

use std::cell::Cell;
use std::marker::PhantomData;

use super::os;
use crate::sync::{AtomicBool, AtomicU32, AtomicU64, Mutex, OnceLock, Ordering, compiler_fence, fence, lock};

/// Threads that can have a record of their own.
const RECORDS: usize = 1024;

/// One thread's announcement, alone in its cache line.
#[repr(align(64))]
struct Record {
    /// `EPOCH` when the outermost entry happened, 0 outside.
    active: AtomicU64,
    /// A thread owns the record.
    taken: AtomicBool,
}

static TABLE: [Record; RECORDS] =
    [const { Record { active: AtomicU64::new(0), taken: AtomicBool::new(false) } }; RECORDS];
/// Records below this index may be in use.
static HIGH: AtomicU32 = AtomicU32::new(0);
static EPOCH: AtomicU64 = AtomicU64::new(1);
/// Readers must fence themselves. Set before the first record is handed out.
static READERS_FENCE: AtomicBool = AtomicBool::new(false);
/// Threads without a record that are inside, and the epoch of the first of them.
static CROWD: Mutex<usize> = Mutex::new(0);
static CROWD_ACTIVE: AtomicU64 = AtomicU64::new(0);

const NO_RECORD: u32 = u32::MAX;
const NOT_ASKED: u32 = u32::MAX - 1;

struct Mine {
    index: Cell<u32>,
    depth: Cell<u32>,
}

thread_local! {
    static MINE: Mine = const { Mine { index: Cell::new(NOT_ASKED), depth: Cell::new(0) } };
    static RETURN: ReturnRecord = const { ReturnRecord };
}

/// Gives the thread's record back when the thread ends.
struct ReturnRecord;

impl Drop for ReturnRecord {
    fn drop(&mut self) {
        MINE.with(|mine| {
            let index = mine.index.replace(NO_RECORD);
            if let Some(record) = TABLE.get(index as usize) {
                record.active.store(0, Ordering::Release);
                record.taken.store(false, Ordering::Release);
            }
        });
    }
}

/// Slots that per-CPU maps have room for: at least 64, four per processor, at most 1024.
pub(crate) fn slot_count() -> u32 {
    static COUNT: OnceLock<u32> = OnceLock::new();
    *COUNT.get_or_init(|| {
        let cpus = std::thread::available_parallelism().map_or(1, usize::from);
        cpus.saturating_mul(4).next_power_of_two().clamp(64, RECORDS) as u32
    })
}

/// This thread's execution slot, below [`slot_count`]; `None` when there are more threads than slots.
pub(crate) fn slot() -> Option<u32> {
    let index = record_index();
    (index < slot_count()).then_some(index)
}

/// A number for this thread that no other thread has at the same time, from 1 on; `u32::MAX` for those without a record.
#[inline]
pub(crate) fn thread_number() -> u32 {
    record_index().saturating_add(1)
}

#[inline]
fn record_index() -> u32 {
    let index = MINE.with(|mine| mine.index.get());
    if index == NOT_ASKED { take_record() } else { index }
}

#[cold]
fn take_record() -> u32 {
    static REGISTERED: OnceLock<()> = OnceLock::new();
    REGISTERED.get_or_init(|| READERS_FENCE.store(!os::register_barrier(), Ordering::SeqCst));
    // A thread that is ending (its RETURN is gone) gets no record.
    let free =
        |record: &Record| record.taken.compare_exchange(false, true, Ordering::AcqRel, Ordering::Relaxed).is_ok();
    let alive = RETURN.try_with(|_| ()).is_ok();
    let found = if alive { TABLE.iter().position(free) } else { None };
    let index = found.map_or(NO_RECORD, |at| at as u32);
    if index != NO_RECORD {
        HIGH.fetch_max(index + 1, Ordering::SeqCst);
    }
    MINE.with(|mine| mine.index.set(index));
    index
}

/// Proof that this thread has announced itself; leaves on drop. Stays on its thread.
#[derive(Debug)]
pub(crate) struct Guard {
    index: u32,
    on_this_thread: PhantomData<*const ()>,
}

/// Enters: from here to the guard's drop no element that this thread can look up is reused (see the module).
#[inline]
pub(crate) fn enter() -> Guard {
    let index = record_index();
    if let Some(record) = TABLE.get(index as usize) {
        MINE.with(|mine| {
            let depth = mine.depth.get();
            mine.depth.set(depth + 1);
            if depth == 0 {
                record.active.store(EPOCH.load(Ordering::Acquire), Ordering::Relaxed);
                if READERS_FENCE.load(Ordering::Relaxed) {
                    fence(Ordering::SeqCst);
                }
                compiler_fence(Ordering::SeqCst);
            }
        });
    } else {
        enter_crowd();
    }
    Guard { index, on_this_thread: PhantomData }
}

#[cold]
fn enter_crowd() {
    let mut inside = lock(&CROWD);
    if *inside == 0 {
        CROWD_ACTIVE.store(EPOCH.load(Ordering::Acquire), Ordering::Relaxed);
    }
    *inside += 1;
    fence(Ordering::SeqCst);
}

#[cold]
fn leave_crowd() {
    let mut inside = lock(&CROWD);
    *inside -= 1;
    if *inside == 0 {
        CROWD_ACTIVE.store(0, Ordering::Release);
    }
}

impl Drop for Guard {
    #[inline]
    fn drop(&mut self) {
        let Some(record) = TABLE.get(self.index as usize) else { return leave_crowd() };
        MINE.with(|mine| {
            let depth = mine.depth.get() - 1;
            mine.depth.set(depth);
            if depth == 0 {
                record.active.store(0, Ordering::Release);
            }
        });
    }
}

/// A moment to wait for: all calls that were running when it was made have ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Grace(u64);

impl Grace {
    /// Steps 2 and 3. What the caller unlinked before (or learned, through a lock, that others did) is covered.
    pub(crate) fn begin() -> Grace {
        let target = EPOCH.fetch_add(1, Ordering::SeqCst) + 1;
        fence(Ordering::SeqCst);
        if !READERS_FENCE.load(Ordering::SeqCst) && HIGH.load(Ordering::SeqCst) > 0 && !os::barrier_everywhere() {
            // Registered, yet refused: cannot be told apart from "never passes", which is the safe side.
            return Grace(u64::MAX);
        }
        Grace(target)
    }

    /// Step 4.
    pub(crate) fn passed(self) -> bool {
        let over = |active: u64| active == 0 || active >= self.0;
        let high = HIGH.load(Ordering::SeqCst) as usize;
        let all_over = TABLE.iter().take(high).all(|record| over(record.active.load(Ordering::Acquire)));
        all_over && over(CROWD_ACTIVE.load(Ordering::Acquire)) && {
            fence(Ordering::SeqCst);
            self.0 != u64::MAX
        }
    }

    /// The number, for storage beside the memory it guards.
    pub(crate) fn to_raw(self) -> u64 {
        self.0
    }

    /// Back from [`Grace::to_raw`].
    pub(crate) fn from_raw(raw: u64) -> Grace {
        Grace(raw)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Other tests of this process enter too: waits until a grace period that passes in a quiet process has passed.
    fn passes_soon(grace: Grace) -> bool {
        (0..2000).any(|_| {
            std::thread::sleep(std::time::Duration::from_millis(1));
            grace.passed()
        })
    }

    #[test]
    fn a_call_in_flight_blocks_until_it_ends() {
        let outer = enter();
        let inner = enter();
        let grace = Grace::begin();
        assert!(!grace.passed());
        drop(inner);
        assert!(!grace.passed(), "an inner exit ended the outer call");
        drop(outer);
        assert!(passes_soon(grace));
    }

    #[test]
    fn a_later_call_does_not_block() {
        let grace = Grace::begin();
        let _later = enter();
        assert!(passes_soon(grace));
    }

    #[test]
    fn other_threads_block_too() {
        let (tell, told) = std::sync::mpsc::channel();
        let (end, ended) = std::sync::mpsc::channel::<()>();
        let thread = std::thread::spawn(move || {
            let _call = enter();
            tell.send(()).unwrap();
            ended.recv().unwrap();
        });
        told.recv().unwrap();
        let grace = Grace::begin();
        assert!(!grace.passed());
        end.send(()).unwrap();
        thread.join().unwrap();
        assert!(passes_soon(grace));
    }

    #[test]
    fn threads_without_a_record_block_too() {
        enter_crowd();
        let grace = Grace::begin();
        assert!(!grace.passed());
        leave_crowd();
        assert!(passes_soon(grace));
    }

    #[test]
    fn slots_are_given_back() {
        for _ in 0..(2 * RECORDS) {
            std::thread::spawn(|| drop(enter())).join().unwrap();
        }
        assert!(std::thread::spawn(slot).join().unwrap().is_some());
    }
}
