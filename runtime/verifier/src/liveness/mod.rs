//! Static liveness of registers and stack slots: what a state may forget before it is compared.
//!
//! Soundness condition. If a register or slot is not live before an instruction, then no continuation of any run
//! from there, within the frame, reads what it holds now: forgetting it changes neither what the verifier finds
//! nor what the program does. This leans on the following, which the verifier keeps to:
//!
//! 1. A call leaves `r1`-`r5` unreadable and `r6`-`r9` as they were; a callee starts with `r0` and `r6`-`r9` unreadable.
//! 2. A stack pointer is kept in 8 bytes or not at all: loads of 4 bytes and fewer, and 32-bit operations, never give
//!    one. No instruction but 64-bit additions, subtractions and moves makes a stack pointer of a stack pointer.
//! 3. A store to a slot never fails because of what the slot holds. Where it may (dynptrs, iterators), the slot must be
//!    compared whatever this module says.
//! 4. A helper's [`MemUse::Write`](stingless_abi::MemUse::Write) argument overwrites all of its bytes in the state.
//! 5. Helpers never return a stack pointer, nor keep one; elements of iterators apart, which are part of an object and
//!    read as any number.
//!
//! Slots of frames that have called are read with the call's own index: what a callee may read or change through a
//! pointer it was given counts as read by the call, so a call's `live_slots` hold until it returns.

mod effect;
mod flow;
mod solve;
#[cfg(test)]
mod tests;
mod value;

use stingless_isa::{Callee, Insn};
use stingless_object::Unit;

use crate::cfg::Cfg;

/// `r6` to `r9`.
const SAVED: u16 = 0b11_1100_0000;

/// What other subprograms need to know of one.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Summary {
    /// Registers that it reads from its caller.
    live_in: u16,
    /// What it may store outside of its frame.
    escapes: value::Taint,
    /// What it may return.
    returns: value::Taint,
}

/// Live registers and slots before each instruction.
#[derive(Debug)]
pub(crate) struct Liveness {
    regs: Box<[u16]>,
    slots: Box<[u64]>,
}

impl Liveness {
    /// Computes it, callees before their callers. Time is linear in instructions times the depth of the lattice
    /// (at most 139 bits a block), memory about 100 bytes a block.
    pub(crate) fn compute(unit: &Unit, cfg: &Cfg) -> Liveness {
        let len = unit.code.len();
        let mut live = Liveness { regs: vec![0; len].into(), slots: vec![0; len].into() };
        let mut summaries = vec![Summary::default(); unit.code.subprogs().len()];
        for &sub in cfg.calls().bottom_up() {
            let flow = flow::Flow::run(unit, cfg, &summaries, sub as usize);
            solve::solve(&flow, &mut live);
            let start = unit.code.subprogs()[sub as usize].start as usize;
            summaries[sub as usize] =
                Summary { live_in: live.regs[start], escapes: flow.escapes(), returns: flow.returns() };
        }
        live
    }

    /// Everything is live everywhere: what no analysis can get wrong.
    #[cfg(test)]
    pub(crate) fn everything(unit: &Unit, _: &Cfg) -> Liveness {
        let len = unit.code.len();
        Liveness { regs: vec![0x7ff; len].into(), slots: vec![u64::MAX; len].into() }
    }

    /// Registers that may be read before they are written, from `insn` on. Bit `i` is `r<i>`.
    pub(crate) fn live_regs(&self, insn: usize) -> u16 {
        self.regs[insn]
    }

    /// Slots of the frame that runs `insn` which may be read before they are overwritten. Bit `i` is the 8 bytes
    /// from `r10 - 8 * (i + 1)`; what lies deeper than 512 bytes is always to be taken as live.
    pub(crate) fn live_slots(&self, insn: usize) -> u64 {
        self.slots[insn]
    }

    /// Registers of a frame that matter while the call at `call` runs: `r6`-`r9` where they are read afterwards, and
    /// the arguments too where a helper calls back, for it may call again.
    pub(crate) fn live_regs_under(&self, unit: &Unit, call: usize) -> u16 {
        let local = matches!(unit.code.insns()[call], Insn::Call(Callee::Local(_)));
        if local { self.regs[call] & SAVED } else { self.regs[call] }
    }

    /// Slots of a frame that matter while the call at `call` runs.
    pub(crate) fn live_slots_under(&self, call: usize) -> u64 {
        self.slots[call]
    }
}
