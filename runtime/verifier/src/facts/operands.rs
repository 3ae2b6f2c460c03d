//! What is known of the numbers that instructions read: a table by instruction and side.

use stingless_isa::{AluOp, Insn, Operand, Reg};

use crate::domain::Scalar;

/// Which operand of an instruction.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Side {
    /// The left one, which most instructions also write.
    Dst,
    /// The right one.
    Src,
}

impl Side {
    /// Both.
    pub const ALL: [Side; 2] = [Side::Dst, Side::Src];

    /// The register that an instruction reads a number from on this side: of arithmetic, comparisons, stores, atomics and
    /// indexed packet loads. `None` for immediates, base addresses, and the old value of what a move overwrites.
    #[must_use]
    pub const fn register(self, insn: &Insn) -> Option<Reg> {
        match (*insn, self) {
            (Insn::Alu { op, dst, .. }, Side::Dst) if !is_move(op) => Some(dst),
            (Insn::Unary { dst, .. } | Insn::Branch { dst, .. }, Side::Dst)
            | (Insn::Atomic { src: dst, .. } | Insn::StoreRelease { src: dst, .. }, Side::Src) => Some(dst),
            (
                Insn::Alu { src: Operand::Reg(src), .. }
                | Insn::Branch { src: Operand::Reg(src), .. }
                | Insn::Store { src: Operand::Reg(src), .. },
                Side::Src,
            ) => Some(src),
            (Insn::PacketLoad { index, .. }, Side::Src) => index,
            (
                Insn::Alu { .. }
                | Insn::Unary { .. }
                | Insn::LoadImm { .. }
                | Insn::LoadRef { .. }
                | Insn::Load { .. }
                | Insn::Store { .. }
                | Insn::Atomic { .. }
                | Insn::LoadAcquire { .. }
                | Insn::StoreRelease { .. }
                | Insn::PacketLoad { .. }
                | Insn::Jump { .. }
                | Insn::Branch { .. }
                | Insn::MayGoto { .. }
                | Insn::Call(_)
                | Insn::Exit
                | Insn::Poison(_),
                Side::Dst | Side::Src,
            ) => None,
        }
    }

    const fn index(self) -> usize {
        match self {
            Side::Dst => 0,
            Side::Src => 1,
        }
    }
}

const fn is_move(op: AluOp) -> bool {
    matches!(op, AluOp::Mov | AluOp::Movsx8 | AluOp::Movsx16 | AluOp::Movsx32)
}

/// Places of the cache that finds numbers said before.
const RECENT: usize = 256;

/// Numbers by instruction and side, where something is known of them. Numbers that are often said again are kept once.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Operands {
    /// Indices into `numbers`, from 1; 0 for nothing known.
    at: Vec<[u32; 2]>,
    numbers: Vec<Scalar>,
}

impl Operands {
    /// A table of these, whether they hold or not: for tests of who checks them.
    #[doc(hidden)]
    #[must_use]
    pub fn claimed(insns: usize, claims: &[(usize, Side, Scalar)]) -> Operands {
        let mut out = Writer::new(insns);
        for (insn, side, num) in claims {
            out.set(*insn, *side, num);
        }
        out.finish()
    }

    /// What the register on a side of an instruction holds whenever a run is about to execute it. `None` is anything.
    #[must_use]
    pub fn get(&self, insn: usize, side: Side) -> Option<&Scalar> {
        let index = self.at.get(insn)?[side.index()].checked_sub(1)?;
        self.numbers.get(index as usize)
    }

    /// Operands of which something is known.
    #[must_use]
    pub fn count(&self) -> usize {
        self.at.iter().flatten().filter(|&&n| n != 0).count()
    }
}

/// [`Operands`] being written.
#[derive(Debug)]
pub(crate) struct Writer {
    operands: Operands,
    recent: Box<[u32; RECENT]>,
}

impl Writer {
    /// Knows nothing of that many instructions.
    pub(crate) fn new(insns: usize) -> Writer {
        let operands = Operands { at: vec![[0; 2]; insns], numbers: Vec::new() };
        Writer { operands, recent: Box::new([0; RECENT]) }
    }

    /// Says what a side holds, in place of what was said before.
    pub(crate) fn set(&mut self, insn: usize, side: Side, num: &Scalar) {
        let index = if *num == Scalar::unknown() { 0 } else { self.number(num) };
        if let Some(at) = self.operands.at.get_mut(insn) {
            at[side.index()] = index;
        }
    }

    fn number(&mut self, num: &Scalar) -> u32 {
        let mix = num.arc().base()
            ^ num.arc().span().rotate_left(23)
            ^ num.tnum().value()
            ^ num.tnum().mask().rotate_left(41);
        let place = (mix.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 56) as usize % RECENT;
        let seen = self.recent[place];
        if seen != 0 && self.operands.numbers.get(seen as usize - 1) == Some(num) {
            return seen;
        }
        self.operands.numbers.push(*num);
        let index = self.operands.numbers.len() as u32;
        self.recent[place] = index;
        index
    }

    /// What was said.
    pub(crate) fn finish(self) -> Operands {
        self.operands
    }
}
