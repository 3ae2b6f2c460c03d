//! Which registers hold a value, as a bit mask.

use stingless_abi::{CallbackKind, Entry};
use stingless_isa::{AtomicOp, Insn, Reg};

use crate::interp::Start;
use crate::vm::Program;

const R0: u16 = 1;
const ARGS: u16 = 0b11_1110;
const FP: u16 = 1 << 10;

fn bit(reg: Reg) -> u16 {
    1 << reg.index()
}

/// At an activation's first instruction: which registers hold a value, and which of them a pointer.
pub(crate) fn at_start(program: &Program, start: Start, values: [u64; 5]) -> (u16, u16) {
    let (args, pointers) = match start {
        Start::Entry => match program.unit().hook.entry {
            Entry::Ctx(_) => (1, 0b1),
            Entry::Mem { .. } => (2, 0b1),
        },
        Start::Tail => (1, 0b1),
        Start::Exception => (1, 0),
        Start::Callback(CallbackKind::Loop) => (2, 0b10),
        Start::Callback(CallbackKind::UserRing) => (2, 0b11),
        Start::Callback(CallbackKind::ForEachMapElem) => (4, 0b1111),
    };
    let pointer = |at: &usize| pointers & 1 << at != 0 && values[*at] != 0;
    let ptrs = (0..5).filter(pointer).fold(0, |mask, at| mask | 2 << at);
    (((1 << args) - 1) << 1 | FP, ptrs | FP)
}

/// In a subprogram that was called: the caller's arguments, those set or those that are pointers.
pub(crate) fn for_callee(caller: u16) -> u16 {
    caller & ARGS | FP
}

/// In the caller of a subprogram that returned, of both masks.
pub(crate) fn after_return(caller: u16, callee: u16) -> u16 {
    caller & !(ARGS | R0) | callee & R0
}

/// After a helper.
pub(crate) fn after_helper(regs: u16, has_r0: bool) -> u16 {
    regs & !(ARGS | R0) | u16::from(has_r0)
}

/// Registers that an instruction gives a value; calls do so when they return.
pub(crate) fn writes(insn: &Insn) -> u16 {
    match *insn {
        Insn::Alu { dst, .. }
        | Insn::Unary { dst, .. }
        | Insn::LoadImm { dst, .. }
        | Insn::LoadRef { dst, .. }
        | Insn::Load { dst, .. }
        | Insn::LoadAcquire { dst, .. } => bit(dst),
        Insn::Atomic { op: AtomicOp::Cmpxchg, .. } | Insn::PacketLoad { .. } => R0,
        Insn::Atomic { .. }
        | Insn::Store { .. }
        | Insn::StoreRelease { .. }
        | Insn::Jump { .. }
        | Insn::Branch { .. }
        | Insn::MayGoto { .. }
        | Insn::Call(_)
        | Insn::Exit
        | Insn::Poison(_) => 0,
    }
}

/// Registers that an instruction leaves without a value.
pub(crate) fn kills(insn: &Insn) -> u16 {
    if matches!(insn, Insn::PacketLoad { .. }) { ARGS } else { 0 }
}
