//! Which registers hold a value, as a bit mask.

use stingless_abi::{CallbackKind, Entry};
use stingless_isa::{AluOp, AtomicOp, Callee, Insn, Operand, Reg};

use crate::interp::Start;
use crate::vm::Program;

const R0: u16 = 1;
const ARGS: u16 = 0b11_1110;
const FP: u16 = 1 << 10;

fn bit(reg: Reg) -> u16 {
    1 << reg.index()
}

fn operand(src: Operand) -> u16 {
    match src {
        Operand::Reg(reg) => bit(reg),
        Operand::Imm(_) => 0,
    }
}

/// At an activation's first instruction.
pub(crate) fn at_start(program: &Program, start: Start) -> u16 {
    let args = match start {
        Start::Entry => match program.unit().hook.entry {
            Entry::Ctx(_) => 1,
            Entry::Mem { .. } => 2,
        },
        Start::Tail => 1,
        Start::Callback(CallbackKind::Loop) => 2,
        Start::Callback(CallbackKind::ForEachMapElem) => 4,
    };
    ((1 << args) - 1) << 1 | FP
}

/// In a subprogram that was called: the caller's arguments.
pub(crate) fn for_callee(caller: u16) -> u16 {
    caller & ARGS | FP
}

/// In the caller of a subprogram that returned.
pub(crate) fn after_return(caller: u16, callee: u16) -> u16 {
    caller & !(ARGS | R0) | callee & R0
}

/// After a helper.
pub(crate) fn after_helper(regs: u16, has_r0: bool) -> u16 {
    regs & !(ARGS | R0) | u16::from(has_r0)
}

/// Registers whose values an instruction needs. Calls are checked with their prototype; what a subprogram reads of its
/// arguments, it reads itself. `exit` of the program needs `r0`; of a void function it does not (the caller would trip).
pub(crate) fn reads(insn: &Insn) -> u16 {
    match *insn {
        Insn::Alu { op, dst, src, .. } => {
            let moves = matches!(op, AluOp::Mov | AluOp::Movsx8 | AluOp::Movsx16 | AluOp::Movsx32);
            operand(src) | if moves { 0 } else { bit(dst) }
        }
        Insn::Unary { dst, .. } => bit(dst),
        Insn::Load { base, .. } | Insn::LoadAcquire { base, .. } => bit(base),
        Insn::Store { base, src, .. } => bit(base) | operand(src),
        Insn::Atomic { op, base, src, .. } => bit(base) | bit(src) | if op == AtomicOp::Cmpxchg { R0 } else { 0 },
        Insn::StoreRelease { base, src, .. } => bit(base) | bit(src),
        Insn::PacketLoad { index, .. } => bit(Reg::R6) | index.map_or(0, bit),
        Insn::Branch { dst, src, .. } => bit(dst) | operand(src),
        Insn::Call(Callee::Reg(reg)) => bit(reg),
        Insn::Call(Callee::Helper(_) | Callee::Kfunc(_) | Callee::Local(_) | Callee::Symbol(_))
        | Insn::LoadImm { .. }
        | Insn::LoadRef { .. }
        | Insn::Jump { .. }
        | Insn::MayGoto { .. }
        | Insn::Exit
        | Insn::Poison(_) => 0,
    }
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
