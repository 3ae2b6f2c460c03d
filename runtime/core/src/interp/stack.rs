//! Stack frames of a run: zeroed memory whose addresses stay put while the frame lives.

use std::sync::atomic::{AtomicU64, Ordering};

/// Words of a chunk: a verified chain (512 bytes) fits in one.
const CHUNK: usize = 512;

/// The frames of a run.
#[derive(Debug, Default)]
pub(crate) struct Stack {
    chunks: Vec<Vec<AtomicU64>>,
    /// (chunk, first word, words) of each live frame.
    frames: Vec<(usize, usize, usize)>,
}

/// Memory of one frame: `bytes` bytes below `top`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct FrameMem {
    /// One past the highest byte: `r10`.
    pub(crate) top: u64,
    /// Bytes.
    pub(crate) bytes: u64,
}

impl Stack {
    /// Live frames.
    pub(crate) fn depth(&self) -> usize {
        self.frames.len()
    }

    /// A new frame of at least `bytes` bytes, all zero.
    pub(crate) fn push(&mut self, bytes: u32) -> FrameMem {
        let words = bytes.div_ceil(8) as usize;
        let (mut chunk, mut first) = self.frames.last().map_or((0, 0), |&(c, f, w)| (c, f + w));
        if self.chunks.get(chunk).is_some_and(|c| first + words > c.len()) {
            (chunk, first) = (chunk + 1, 0);
        }
        if self.chunks.get(chunk).is_some_and(|c| c.len() < words) {
            self.chunks.truncate(chunk);
        }
        if chunk == self.chunks.len() {
            self.chunks.push((0..CHUNK.max(words)).map(|_| AtomicU64::new(0)).collect());
        }
        self.frames.push((chunk, first, words));
        let memory = &self.chunks[chunk][first..first + words];
        for word in memory {
            word.store(0, Ordering::Relaxed);
        }
        self.place(chunk, first, words)
    }

    /// Drops the newest frame.
    pub(crate) fn pop(&mut self) -> Option<FrameMem> {
        let (chunk, first, words) = self.frames.pop()?;
        Some(self.place(chunk, first, words))
    }

    fn place(&self, chunk: usize, first: usize, words: usize) -> FrameMem {
        let base = self.chunks[chunk].as_ptr().expose_provenance() as u64;
        let bytes = words as u64 * 8;
        FrameMem { top: base + first as u64 * 8 + bytes, bytes }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn frames_are_zeroed_and_keep_their_place() {
        let mut stack = Stack::default();
        let first = stack.push(512);
        let tops: Vec<u64> = (0..40).map(|_| stack.push(500).top).collect();
        let distinct: std::collections::BTreeSet<u64> = tops.iter().copied().collect();
        assert_eq!(distinct.len(), 40);
        assert_eq!(stack.depth(), 41);
        stack.chunks[0][3].store(7, Ordering::Relaxed);
        while stack.depth() > 1 {
            stack.pop();
        }
        assert_eq!(stack.pop(), Some(first));
        assert_eq!(stack.push(512), first);
        assert_eq!(stack.chunks[0][3].load(Ordering::Relaxed), 0);
        assert_eq!(stack.push(0).bytes, 0);
        assert_eq!(stack.push(100_000).bytes, 100_000);
    }
}
