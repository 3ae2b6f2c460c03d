//! Open-coded iterators: loops whose body the verifier sees once or twice, whatever the number of rounds.

use std::sync::Arc;

use stingless::{ElementPtr, IterBits, IterNum, NewIterBits, NewIterNum, OldIterBits, OldIterNum, Words};

/// Most numbers that an iterator counts.
const MAX_RANGE: i64 = 1 << 23;
const EINVAL: i32 = -22;
const E2BIG: i32 = -7;

/// Most words that an iterator over bits copies.
const MAX_WORDS: u32 = 511;
/// Where an iterator over bits keeps them: one word itself, of more the number they are kept under; how many bits there
/// are, 0 where it gives none; the bit it stands at, -1 before the first.
const BITS: usize = 0;
const NR_BITS: usize = 8;
const BIT: usize = 12;

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

stingless::bpf_call_3! {
    /// Starts to give the bits that are set in `nr_words` words, which are copied. Returns 0; for NULL or no word `-EINVAL`,
    /// for more than 511 words `-E2BIG`: the iterator gives no bit then, and must be destroyed all the same.
    #[kfunc]
    #[effects(no_trap)]
    pub fn bpf_iter_bits_new(caller, it: NewIterBits, words: Words<MAX_WORDS>) -> i32 {
        let mut it = it;
        it.set(BIT, -1i32);
        let (count, null) = (words.count(), words.is_null());
        let Some(words) = words.to_vec().filter(|words| !words.is_empty()) else {
            return if count > MAX_WORDS && !null { E2BIG } else { EINVAL };
        };
        let bits = if let [word] = words[..] { word } else { caller.keep(Arc::new(words)) };
        it.set(BITS, bits);
        it.set(NR_BITS, count as i32 * 64);
        0
    }
}

/// The first bit from `from` on that is set.
fn next_bit(words: &[u64], from: usize) -> Option<usize> {
    let first = words.get(from / 64).map(|word| word >> (from % 64) << (from % 64));
    let mut rest = first.into_iter().chain(words.iter().skip(from / 64 + 1).copied()).enumerate();
    rest.find(|(_, word)| *word != 0).map(|(at, word)| (from / 64 + at) * 64 + word.trailing_zeros() as usize)
}

stingless::bpf_call_1! {
    /// Steps to the next bit that is set. Returns a pointer to its place, or NULL when there is none left.
    #[kfunc]
    #[effects(no_trap)]
    pub fn bpf_iter_bits_next(caller, it: IterBits) -> ElementPtr {
        let mut it = it;
        let (bits, count, bit) = (it.get::<u64>(BITS), it.get::<i32>(NR_BITS), it.get::<i32>(BIT));
        if bit >= count {
            return ElementPtr::NULL;
        }
        let from = (bit + 1) as usize;
        let next = if count == 64 {
            next_bit(&[bits], from)
        } else {
            caller.kept::<Vec<u64>>(bits).and_then(|words| next_bit(&words, from))
        };
        it.set(BIT, next.map_or(count, |at| at as i32));
        if next.is_some() { it.element(BIT) } else { ElementPtr::NULL }
    }
}

stingless::bpf_call_1! {
    /// Destroys the iterator.
    #[kfunc]
    #[effects(no_trap)]
    pub fn bpf_iter_bits_destroy(caller, it: OldIterBits) -> () {
        let mut it = it;
        if it.get::<i32>(NR_BITS) > 64 {
            caller.forget(it.get(BITS));
        }
        it.set(BITS, 0u64);
        it.set(NR_BITS, 0i32);
    }
}
