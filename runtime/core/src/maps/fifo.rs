//! Queues, stacks and bloom filters: programs push values and get copies back; nothing in them has an address.

use std::collections::VecDeque;

use stingless_abi::map::{BPF_ANY, BPF_EXIST};
use stingless_abi::{MapKind, MapSpec};

use super::fault::Fault;
use super::hash::Hasher;
use super::raw::Source;
use crate::sync::{AtomicU64, Mutex, Ordering, lock};

/// A queue or a stack.
#[derive(Debug)]
pub(crate) struct Fifo {
    /// Oldest first.
    values: Mutex<VecDeque<Box<[u8]>>>,
    capacity: usize,
    last_first: bool,
}

impl Fifo {
    pub(crate) fn new(spec: &MapSpec) -> Fifo {
        let last_first = spec.kind == MapKind::Stack;
        Fifo { values: Mutex::default(), capacity: spec.max_entries as usize, last_first }
    }

    pub(crate) fn len(&self) -> usize {
        lock(&self.values).len()
    }

    /// Adds a value; with `BPF_EXIST` a full map loses its oldest one.
    pub(crate) fn push(&self, value: Box<[u8]>, flags: u64) -> Result<(), Fault> {
        if flags != BPF_ANY && flags != BPF_EXIST {
            return Err(Fault::Flags(flags));
        }
        let mut values = lock(&self.values);
        let gone = if values.len() < self.capacity {
            None
        } else if flags == BPF_EXIST {
            values.pop_front()
        } else {
            return Err(Fault::Full);
        };
        values.push_back(value);
        drop(values);
        drop(gone);
        Ok(())
    }

    /// Takes the next value.
    pub(crate) fn pop(&self) -> Result<Box<[u8]>, Fault> {
        let mut values = lock(&self.values);
        let value = if self.last_first { values.pop_back() } else { values.pop_front() };
        value.ok_or(Fault::NotFound)
    }

    /// Copies the next value.
    pub(crate) fn peek(&self) -> Result<Box<[u8]>, Fault> {
        let values = lock(&self.values);
        let value = if self.last_first { values.back() } else { values.front() };
        value.cloned().ok_or(Fault::NotFound)
    }
}

/// Hash functions where a map does not say.
const HASHES: u32 = 5;

/// A bloom filter.
#[derive(Debug)]
pub(crate) struct Bloom {
    bits: Box<[AtomicU64]>,
    hasher: Hasher,
    hashes: u32,
}

impl Bloom {
    /// Words that a map of this shape has: as many bits as make one answer in a few dozen wrong when it is full.
    pub(crate) fn words(spec: &MapSpec) -> usize {
        let hashes = if spec.extra == 0 { HASHES } else { spec.extra };
        let bits = u64::from(spec.max_entries) * u64::from(hashes) * 7 / 5;
        bits.next_power_of_two().clamp(64, 1 << 32) as usize / 64
    }

    pub(crate) fn new(spec: &MapSpec, seed: [u64; 2]) -> Bloom {
        let bits = (0..Bloom::words(spec)).map(|_| AtomicU64::new(0)).collect();
        let hashes = if spec.extra == 0 { HASHES } else { spec.extra };
        Bloom { bits, hasher: Hasher::new(seed, spec.value_size), hashes }
    }

    /// Word and bit of each hash of a value.
    fn places(&self, value: &Source<'_>) -> impl Iterator<Item = (&AtomicU64, u64)> {
        let words: Vec<u64> = (0..value.len().div_ceil(8)).map(|i| value.word(i)).collect();
        let hash = self.hasher.hash(&words);
        // Two halves of one hash make as many as needed (Kirsch, Mitzenmacher 2008).
        let (first, step) = (hash as u32, (hash >> 32) as u32 | 1);
        let mask = self.bits.len() * 64 - 1;
        (0..self.hashes).map(move |i| {
            let bit = first.wrapping_add(step.wrapping_mul(i)) as usize & mask;
            (&self.bits[bit / 64], 1 << (bit % 64))
        })
    }

    /// Adds a value.
    pub(crate) fn push(&self, value: &Source<'_>, flags: u64) -> Result<(), Fault> {
        if flags != BPF_ANY {
            return Err(Fault::Flags(flags));
        }
        self.places(value).for_each(|(word, bit)| _ = word.fetch_or(bit, Ordering::Relaxed));
        Ok(())
    }

    /// Whether a value is probably there.
    pub(crate) fn peek(&self, value: &Source<'_>) -> Result<(), Fault> {
        let there = self.places(value).all(|(word, bit)| word.load(Ordering::Relaxed) & bit != 0);
        if there { Ok(()) } else { Err(Fault::NotFound) }
    }
}
