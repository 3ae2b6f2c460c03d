//! Locks that live in a region: one word, 0 when free.
//!
//! The word names its owner (thread number plus 1), so that a later taker can prove a dead owner of a shared region
//! dead. They are held for a few dozen instructions, never across a callback, a trap or a panic; a holder can only be
//! slow (preempted), so waiters spin, yield, then sleep, and give up after about a second with `EBUSY`.

use crate::sync::{AtomicU32, Ordering};
use crate::sys::epoch;

/// A held lock; released on drop.
#[derive(Debug)]
pub(crate) struct Held<'a>(&'a AtomicU32);

impl Drop for Held<'_> {
    #[inline]
    fn drop(&mut self) {
        self.0.store(0, Ordering::Release);
    }
}

impl Held<'_> {
    /// Keeps the lock beyond this value: whoever does so calls [`give_back`].
    #[inline]
    pub(crate) fn keep(self) {
        std::mem::forget(self);
    }
}

/// Releases a lock that was kept.
#[inline]
pub(crate) fn give_back(word: &AtomicU32) {
    word.store(0, Ordering::Release);
}

/// The word for this thread.
#[inline]
pub(crate) fn owner() -> u32 {
    epoch::thread_number()
}

/// Takes a lock if it is free.
#[inline]
pub(crate) fn try_take(word: &AtomicU32, owner: u32) -> Option<Held<'_>> {
    word.compare_exchange(0, owner, Ordering::Acquire, Ordering::Relaxed).ok().map(|_| Held(word))
}

/// Takes a lock; `None` after about a second.
#[inline]
pub(crate) fn take(word: &AtomicU32, owner: u32) -> Option<Held<'_>> {
    match try_take(word, owner) {
        Some(held) => Some(held),
        None => wait(word, owner),
    }
}

#[cold]
fn wait(word: &AtomicU32, owner: u32) -> Option<Held<'_>> {
    const SPINS: u32 = 100;
    const YIELDS: u32 = 200;
    const SLEEPS: u32 = 10_000;
    for round in 0..SPINS + YIELDS + SLEEPS {
        if round < SPINS {
            std::hint::spin_loop();
        } else if round < SPINS + YIELDS {
            std::thread::yield_now();
        } else {
            std::thread::sleep(std::time::Duration::from_micros(100));
        }
        if word.load(Ordering::Relaxed) == 0
            && let Some(held) = try_take(word, owner)
        {
            return Some(held);
        }
    }
    None
}
