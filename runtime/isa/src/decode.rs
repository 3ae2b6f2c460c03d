//! Bytes to instructions.
//!
//! The decoder refuses whatever RFC 9669 and Linux 6.18 reserve, in dead code too: an accepted program means the same
//! to every consumer. What depends on values or types (a shift that is too long, a write to `r10`, an unknown helper)
//! is left to the verifier.

mod class;
mod error;

pub use error::{DecodeError, DecodeErrorKind};

use crate::code::{Code, CodeError};
use crate::insn::Insn;
use crate::opcode::LDDW;
use crate::raw::RawInsn;

/// Decoded instructions, with the way from a slot to its instruction and back.
///
/// What the object linker works on: subprograms are not known yet and targets were resolved within these bytes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Slots {
    /// The instructions.
    pub insns: Vec<Insn>,
    /// Slot of each instruction, and at the end the number of slots.
    starts: Vec<u32>,
}

impl Slots {
    /// Index of the instruction that starts at a slot; `None` for the second half of a 64-bit immediate and past the
    /// end.
    #[must_use]
    pub fn insn_at(&self, slot: u32) -> Option<u32> {
        let at = self.starts.binary_search(&slot).ok()?;
        (at + 1 < self.starts.len()).then_some(at as u32)
    }

    /// The slot an instruction starts at; for the number of instructions, the number of slots; `None` beyond.
    #[must_use]
    pub fn slot_of(&self, insn: u32) -> Option<u32> {
        self.starts.get(insn as usize).copied()
    }
}

/// Decodes a whole program of little-endian 8-byte slots and derives its subprograms from local calls and function
/// references. They have no names.
///
/// # Errors
/// The first slot that is no instruction, has a reserved field set, refers to a register, slot or subprogram that does
/// not exist, or breaks an invariant of [`Code`].
pub fn decode(bytes: &[u8]) -> Result<Code, DecodeError> {
    let Slots { insns, starts } = decode_slots(bytes, |_| None)?;
    Code::new(insns).map_err(|err| {
        let slot = |insn: u32| starts.get(insn as usize).copied().unwrap_or(0);
        match err {
            CodeError::Empty => DecodeError { slot: 0, kind: DecodeErrorKind::Empty },
            CodeError::TargetOutOfRange { insn, target } => {
                let target = i64::from(slot(target));
                DecodeError { slot: slot(insn), kind: DecodeErrorKind::TargetOutOfRange { target } }
            }
            CodeError::JumpAcrossSubprogs { insn, target } => {
                let target = slot(target);
                DecodeError { slot: slot(insn), kind: DecodeErrorKind::JumpAcrossSubprogs { target } }
            }
            CodeError::FallsThrough { insn } => DecodeError { slot: slot(insn), kind: DecodeErrorKind::FallsThrough },
            CodeError::BadSubprogs { insn } => DecodeError { slot: slot(insn), kind: DecodeErrorKind::BadSubprogs },
        }
    })
}

/// Decodes instructions without looking at how they form subprograms.
///
/// # Errors
/// As [`decode_slots`].
pub fn decode_insns(bytes: &[u8]) -> Result<Vec<Insn>, DecodeError> {
    Ok(decode_slots(bytes, |_| None)?.insns)
}

/// Decodes a section of an object. `symbol_at` says which slots carry a relocation: a `call` or 64-bit immediate there
/// becomes [`Callee::Symbol`](crate::Callee::Symbol) or [`Ref::Symbol`](crate::Ref::Symbol) with the returned index,
/// and its immediate (an addend, for the linker to read through [`RawInsn`]) is not looked at. Other instructions
/// ignore it.
///
/// # Errors
/// The first slot that is no instruction, has a reserved field set, or names a register or target slot that does not
/// exist. An empty input is no error here.
pub fn decode_slots(bytes: &[u8], symbol_at: impl Fn(u32) -> Option<u32>) -> Result<Slots, DecodeError> {
    let decoder = Decoder::new(bytes, symbol_at)?;
    let mut insns = Vec::with_capacity(decoder.starts.len() - 1);
    for &slot in &decoder.starts[..decoder.starts.len() - 1] {
        insns.push(decoder.insn(slot).map_err(|kind| DecodeError { slot, kind })?);
    }
    Ok(Slots { insns, starts: decoder.starts })
}

/// Marks the second slot of a 64-bit immediate in [`Decoder::index`].
const SECOND_HALF: u32 = u32::MAX;

struct Decoder<'a, F> {
    slots: &'a [[u8; 8]],
    /// Instruction that starts at each slot, or [`SECOND_HALF`].
    index: Vec<u32>,
    /// Slot of each instruction, and the total.
    starts: Vec<u32>,
    symbol_at: F,
}

impl<'a, F: Fn(u32) -> Option<u32>> Decoder<'a, F> {
    /// Finds where instructions start.
    fn new(bytes: &'a [u8], symbol_at: F) -> Result<Self, DecodeError> {
        let (slots, rest) = bytes.as_chunks::<8>();
        // The last index stays free for `SECOND_HALF`, and targets fit `u32`.
        if !rest.is_empty() || slots.len() >= SECOND_HALF as usize {
            let slot = u32::try_from(slots.len()).unwrap_or(SECOND_HALF);
            return Err(DecodeError { slot, kind: DecodeErrorKind::Length { bytes: bytes.len() } });
        }
        let mut index = Vec::with_capacity(slots.len());
        let mut starts = Vec::with_capacity(slots.len() + 1);
        while index.len() < slots.len() {
            let slot = index.len();
            index.push(starts.len() as u32);
            starts.push(slot as u32);
            if slots[slot][0] == LDDW {
                if slot + 1 == slots.len() {
                    return Err(DecodeError { slot: slot as u32, kind: DecodeErrorKind::Truncated });
                }
                index.push(SECOND_HALF);
            }
        }
        starts.push(slots.len() as u32);
        Ok(Decoder { slots, index, starts, symbol_at })
    }

    fn raw(&self, slot: u32) -> RawInsn {
        RawInsn::from_bytes(self.slots[slot as usize])
    }

    /// The instruction `rel` slots after the one that follows `slot`.
    fn target(&self, slot: u32, rel: i32) -> Result<u32, DecodeErrorKind> {
        let target = i64::from(slot) + 1 + i64::from(rel);
        match usize::try_from(target).ok().and_then(|t| self.index.get(t)) {
            None => Err(DecodeErrorKind::TargetOutOfRange { target }),
            Some(&SECOND_HALF) => Err(DecodeErrorKind::TargetInsideWide { target: target as u32 }),
            Some(&insn) => Ok(insn),
        }
    }
}
