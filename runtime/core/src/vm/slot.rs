//! Execution slots: a small number that a thread keeps for life ("per-CPU" maps are per slot).

use std::sync::Mutex;

/// Threads that can run plugins at the same time. Per-slot maps have this many values for each element.
pub(crate) const MAX_SLOTS: u32 = 1024;

const WORDS: usize = MAX_SLOTS as usize / 64;

/// One bit per slot in use.
static IN_USE: Mutex<[u64; WORDS]> = Mutex::new([0; WORDS]);

/// A slot, given back when dropped (when the thread ends).
#[derive(Debug)]
pub(crate) struct SlotLease(u32);

impl SlotLease {
    /// The lowest free slot; `None` when all are taken.
    pub(crate) fn take() -> Option<SlotLease> {
        let mut words = IN_USE.lock().unwrap_or_else(|e| e.into_inner());
        let (at, word) = words.iter_mut().enumerate().find(|(_, w)| **w != u64::MAX)?;
        let bit = word.trailing_ones();
        *word |= 1 << bit;
        Some(SlotLease(at as u32 * 64 + bit))
    }

    /// The slot's number, below [`MAX_SLOTS`].
    pub(crate) fn number(&self) -> u32 {
        self.0
    }
}

impl Drop for SlotLease {
    fn drop(&mut self) {
        let mut words = IN_USE.lock().unwrap_or_else(|e| e.into_inner());
        words[self.0 as usize / 64] &= !(1 << (self.0 % 64));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// n leases succeed, n + 1 does not, and a dropped one is free again. (The process has one table: the slots that
    /// other tests' threads hold count too, so nextest's process per test makes this exact.)
    #[test]
    fn slots_run_out_at_the_limit_and_come_back() {
        let mut held: Vec<SlotLease> = std::iter::from_fn(SlotLease::take).collect();
        assert!(held.len() <= MAX_SLOTS as usize);
        assert!(SlotLease::take().is_none());
        let last = held.pop().expect("at least one").number();
        assert_eq!(SlotLease::take().expect("just given back").number(), last);
    }
}
