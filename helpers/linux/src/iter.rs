//! Open-coded iterators: loops whose body the verifier sees once or twice, whatever the number of rounds.

use stingless::{ElementPtr, IterNum, NewIterNum, OldIterNum};

/// Most numbers that an iterator counts.
const MAX_RANGE: i64 = 1 << 23;
const EINVAL: i32 = -22;
const E2BIG: i32 = -7;

/// Where an iterator over numbers keeps its place: the number it stands at, and the one to stop before.
const CURRENT: usize = 0;
const END: usize = 4;

stingless::bpf_call_3! {
    /// Starts to count from `start` to `end - 1`. Returns 0; where `end` is less, `-EINVAL`, and where there are more than
    /// 1 << 23 numbers, `-E2BIG`: the iterator gives no number then, and must be destroyed all the same.
    #[kfunc]
    #[effects(no_trap)]
    pub fn bpf_iter_num_new(_caller, it: NewIterNum, start: i32, end: i32) -> i32 {
        let mut it = it;
        let count = i64::from(end) - i64::from(start);
        let refused = if count < 0 { EINVAL } else if count > MAX_RANGE { E2BIG } else { 0 };
        if refused != 0 {
            return refused;
        }
        // Before the first number: wraps for the least one, and back when stepped.
        it.set(CURRENT, start.wrapping_sub(1));
        it.set(END, end);
        0
    }
}

stingless::bpf_call_1! {
    /// Steps to the next number. Returns a pointer to it, or NULL when there is none left.
    #[kfunc]
    #[effects(no_trap)]
    pub fn bpf_iter_num_next(_caller, it: IterNum) -> ElementPtr {
        let mut it = it;
        let next = it.get::<i32>(CURRENT).wrapping_add(1);
        let end = it.get::<i32>(END);
        if next >= end {
            // For good: an empty iterator from 0 to 0.
            it.set(CURRENT, 0i32);
            it.set(END, 0i32);
            return ElementPtr::NULL;
        }
        it.set(CURRENT, next);
        it.element(CURRENT)
    }
}

stingless::bpf_call_1! {
    /// Destroys the iterator.
    #[kfunc]
    #[effects(no_trap)]
    pub fn bpf_iter_num_destroy(_caller, it: OldIterNum) -> () {
        let mut it = it;
        it.set(CURRENT, 0i32);
        it.set(END, 0i32);
    }
}
