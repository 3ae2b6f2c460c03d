//! Plugin memory under the memory model: aligned plain accesses up to 8 bytes are relaxed atomics, others go byte by
//! byte; read-modify-writes are sequentially consistent. Nothing here makes a Rust reference to the bytes themselves.

use std::ptr::with_exposed_provenance_mut as at;
use std::sync::atomic::{AtomicU8, AtomicU16, AtomicU32, AtomicU64, Ordering};

use stingless_isa::{AtomicOp, Size};

/// Leave to touch plugin memory by address. Whoever holds one touches only what a proof or a check covers.
#[derive(Debug)]
pub(crate) struct Raw(());

/// An atomic read-modify-write.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Rmw {
    /// Operation.
    pub(crate) op: AtomicOp,
    /// `W` or `DW`.
    pub(crate) size: Size,
    /// Operand.
    pub(crate) src: u64,
    /// Expected value of `cmpxchg`.
    pub(crate) r0: u64,
}

impl Raw {
    /// # Safety
    /// The holder passes only addresses of live memory, for as many bytes as it says, writable where it writes, whose
    /// provenance was exposed, and that no one accesses other than atomically at the same time. Either the program is
    /// `Verified` and the holder executes it as it stands, or the holder looks each access up in a list of live regions.
    pub(crate) unsafe fn new() -> Raw {
        Raw(())
    }

    /// Loads and zero-extends.
    pub(crate) fn load(&self, addr: u64, size: Size) -> u64 {
        if !aligned(addr, size) {
            return (0..u64::from(size.bytes())).rev().fold(0, |v, i| v << 8 | self.load(addr + i, Size::B));
        }
        let addr = addr as usize;
        // SAFETY: `Raw::new`'s contract covers the bytes, and the address is aligned to the access (above).
        unsafe {
            match size {
                Size::B => AtomicU8::from_ptr(at(addr)).load(Ordering::Relaxed).into(),
                Size::H => AtomicU16::from_ptr(at(addr)).load(Ordering::Relaxed).into(),
                Size::W => AtomicU32::from_ptr(at(addr)).load(Ordering::Relaxed).into(),
                Size::DW => AtomicU64::from_ptr(at(addr)).load(Ordering::Relaxed),
            }
        }
    }

    /// Stores the low bytes.
    pub(crate) fn store(&self, addr: u64, size: Size, value: u64) {
        if !aligned(addr, size) {
            for i in 0..u64::from(size.bytes()) {
                self.store(addr + i, Size::B, value >> (8 * i));
            }
            return;
        }
        let addr = addr as usize;
        // SAFETY: `Raw::new`'s contract covers the bytes, and the address is aligned to the access (above).
        unsafe {
            match size {
                Size::B => AtomicU8::from_ptr(at(addr)).store(value as u8, Ordering::Relaxed),
                Size::H => AtomicU16::from_ptr(at(addr)).store(value as u16, Ordering::Relaxed),
                Size::W => AtomicU32::from_ptr(at(addr)).store(value as u32, Ordering::Relaxed),
                Size::DW => AtomicU64::from_ptr(at(addr)).store(value, Ordering::Relaxed),
            }
        }
    }

    /// Load-acquire; `None` where the address is not aligned.
    pub(crate) fn load_acquire(&self, addr: u64, size: Size) -> Option<u64> {
        if !aligned(addr, size) {
            return None;
        }
        let addr = addr as usize;
        // SAFETY: `Raw::new`'s contract covers the bytes, and the address is aligned to the access (above).
        Some(unsafe {
            match size {
                Size::B => AtomicU8::from_ptr(at(addr)).load(Ordering::Acquire).into(),
                Size::H => AtomicU16::from_ptr(at(addr)).load(Ordering::Acquire).into(),
                Size::W => AtomicU32::from_ptr(at(addr)).load(Ordering::Acquire).into(),
                Size::DW => AtomicU64::from_ptr(at(addr)).load(Ordering::Acquire),
            }
        })
    }

    /// Store-release; `None` where the address is not aligned.
    pub(crate) fn store_release(&self, addr: u64, size: Size, value: u64) -> Option<()> {
        if !aligned(addr, size) {
            return None;
        }
        let addr = addr as usize;
        // SAFETY: `Raw::new`'s contract covers the bytes, and the address is aligned to the access (above).
        unsafe {
            match size {
                Size::B => AtomicU8::from_ptr(at(addr)).store(value as u8, Ordering::Release),
                Size::H => AtomicU16::from_ptr(at(addr)).store(value as u16, Ordering::Release),
                Size::W => AtomicU32::from_ptr(at(addr)).store(value as u32, Ordering::Release),
                Size::DW => AtomicU64::from_ptr(at(addr)).store(value, Ordering::Release),
            }
        }
        Some(())
    }

    /// A read-modify-write; gives the old value, zero-extended, or `None` where the address is not aligned or the size
    /// is not 4 or 8.
    pub(crate) fn rmw(&self, addr: u64, rmw: Rmw) -> Option<u64> {
        if !aligned(addr, rmw.size) {
            return None;
        }
        let addr = addr as usize;
        match rmw.size {
            Size::B | Size::H => None,
            // SAFETY: `Raw::new`'s contract covers the bytes, and the address is aligned to the access (above).
            Size::W => Some(rmw32(unsafe { AtomicU32::from_ptr(at(addr)) }, rmw).into()),
            // SAFETY: as above.
            Size::DW => Some(rmw64(unsafe { AtomicU64::from_ptr(at(addr)) }, rmw)),
        }
    }
}

fn aligned(addr: u64, size: Size) -> bool {
    addr.is_multiple_of(size.bytes().into())
}

fn rmw32(cell: &AtomicU32, rmw: Rmw) -> u32 {
    let src = rmw.src as u32;
    match rmw.op {
        AtomicOp::Add | AtomicOp::FetchAdd => cell.fetch_add(src, Ordering::SeqCst),
        AtomicOp::Or | AtomicOp::FetchOr => cell.fetch_or(src, Ordering::SeqCst),
        AtomicOp::And | AtomicOp::FetchAnd => cell.fetch_and(src, Ordering::SeqCst),
        AtomicOp::Xor | AtomicOp::FetchXor => cell.fetch_xor(src, Ordering::SeqCst),
        AtomicOp::Xchg => cell.swap(src, Ordering::SeqCst),
        AtomicOp::Cmpxchg => {
            cell.compare_exchange(rmw.r0 as u32, src, Ordering::SeqCst, Ordering::SeqCst).unwrap_or_else(|old| old)
        }
    }
}

fn rmw64(cell: &AtomicU64, rmw: Rmw) -> u64 {
    let src = rmw.src;
    match rmw.op {
        AtomicOp::Add | AtomicOp::FetchAdd => cell.fetch_add(src, Ordering::SeqCst),
        AtomicOp::Or | AtomicOp::FetchOr => cell.fetch_or(src, Ordering::SeqCst),
        AtomicOp::And | AtomicOp::FetchAnd => cell.fetch_and(src, Ordering::SeqCst),
        AtomicOp::Xor | AtomicOp::FetchXor => cell.fetch_xor(src, Ordering::SeqCst),
        AtomicOp::Xchg => cell.swap(src, Ordering::SeqCst),
        AtomicOp::Cmpxchg => {
            cell.compare_exchange(rmw.r0, src, Ordering::SeqCst, Ordering::SeqCst).unwrap_or_else(|old| old)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Every operation, both sizes: the one semantics of `AtomicOp::eval`, and the old value.
    #[test]
    fn atomics_agree_with_eval() {
        // SAFETY: every address below is that of a live local cell.
        let raw = unsafe { Raw::new() };
        for op in AtomicOp::ALL {
            for size in [Size::W, Size::DW] {
                for (mem, src, r0) in [(5, 3, 5), (u64::MAX, 1, 7), (0x8000_0000, 0x1_8000_0001, 0x8000_0000)] {
                    let cell = AtomicU64::new(mem);
                    let addr = cell.as_ptr().expose_provenance() as u64;
                    let old = raw.rmw(addr, Rmw { op, size, src, r0 });
                    assert_eq!(old, Some(size.truncate(mem)), "{op:?} {size:?}");
                    let high = if size == Size::W { mem & 0xffff_ffff_0000_0000 } else { 0 };
                    assert_eq!(cell.into_inner(), high | op.eval(size, mem, src, r0), "{op:?} {size:?}");
                }
            }
        }
    }

    #[test]
    fn unaligned_accesses_go_by_bytes() {
        // SAFETY: every address below lies in the live local array.
        let raw = unsafe { Raw::new() };
        let cells = [const { AtomicU64::new(0) }; 3];
        let base = cells.as_ptr().expose_provenance() as u64;
        for off in 0..9 {
            raw.store(base + off, Size::DW, 0x1122_3344_5566_7788);
            assert_eq!(raw.load(base + off, Size::DW), 0x1122_3344_5566_7788);
            assert_eq!(raw.load(base + off + 1, Size::W), 0x4455_6677);
            assert_eq!(raw.load(base + off + 6, Size::H), 0x1122);
        }
        assert_eq!(raw.load_acquire(base + 1, Size::W), None);
        assert_eq!(raw.rmw(base + 4, Rmw { op: AtomicOp::Add, size: Size::DW, src: 0, r0: 0 }), None);
    }
}
