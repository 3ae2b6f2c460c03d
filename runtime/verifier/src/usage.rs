//! Which registers an instruction reads and writes, whatever their values.

use stingless_abi::ProtoTable;
use stingless_isa::{AluOp, AtomicOp, Callee, Insn, Operand, Reg};

/// Sets of registers: bit `i` is `r<i>`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Usage {
    /// Read.
    pub(crate) reads: u16,
    /// Given a new value, or made unreadable (`r1`-`r5` by calls).
    pub(crate) writes: u16,
}

/// `r1` to `r5`.
pub(crate) const ARGS: u16 = 0b11_1110;
/// `r0` to `r5`.
pub(crate) const CLOBBERED: u16 = 0b11_1111;

/// The set of one register.
pub(crate) const fn bit(reg: Reg) -> u16 {
    1 << reg.index()
}

/// The first `n` argument registers.
pub(crate) fn first_args(n: usize) -> u16 {
    ARGS & ((2u16 << n.min(5)) - 1)
}

impl Usage {
    /// Reads and writes of an instruction. Calls of subprograms read all of `r1` to `r5`: who knows the callee can do
    /// better. Helpers read as many registers as their prototype has arguments, unknown ones all five.
    pub(crate) fn of(insn: &Insn, protos: &ProtoTable) -> Usage {
        match *insn {
            Insn::Alu { op, dst, src, .. } => {
                let old = if is_move(op) { 0 } else { bit(dst) };
                Usage { reads: old | operand(src), writes: bit(dst) }
            }
            Insn::Unary { dst, .. } => Usage { reads: bit(dst), writes: bit(dst) },
            Insn::LoadImm { dst, .. } | Insn::LoadRef { dst, .. } => Usage { reads: 0, writes: bit(dst) },
            Insn::Load { dst, base, .. } | Insn::LoadAcquire { dst, base, .. } => {
                Usage { reads: bit(base), writes: bit(dst) }
            }
            Insn::Store { base, src, .. } => Usage { reads: bit(base) | operand(src), writes: 0 },
            Insn::StoreRelease { base, src, .. } => Usage { reads: bit(base) | bit(src), writes: 0 },
            Insn::Atomic { op, base, src, .. } => atomic(op, base, src),
            // The context is expected in r6, as in Linux.
            Insn::PacketLoad { index, .. } => {
                Usage { reads: bit(Reg::R6) | index.map_or(0, bit), writes: bit(Reg::R0) }
            }
            Insn::Branch { dst, src, .. } => Usage { reads: bit(dst) | operand(src), writes: 0 },
            Insn::Call(callee) => Usage { reads: call_reads(callee, protos), writes: CLOBBERED },
            Insn::Exit => Usage { reads: bit(Reg::R0), writes: 0 },
            Insn::Jump { .. } | Insn::MayGoto { .. } => Usage::default(),
            // It stands for a call that is refused when reached.
            Insn::Poison(_) => Usage { reads: 0, writes: 0 },
        }
    }
}

const fn is_move(op: AluOp) -> bool {
    matches!(op, AluOp::Mov | AluOp::Movsx8 | AluOp::Movsx16 | AluOp::Movsx32)
}

fn operand(src: Operand) -> u16 {
    match src {
        Operand::Reg(reg) => bit(reg),
        Operand::Imm(_) => 0,
    }
}

fn atomic(op: AtomicOp, base: Reg, src: Reg) -> Usage {
    let compared = if op == AtomicOp::Cmpxchg { bit(Reg::R0) } else { 0 };
    let fetched = match op {
        AtomicOp::Add | AtomicOp::Or | AtomicOp::And | AtomicOp::Xor => 0,
        AtomicOp::FetchAdd | AtomicOp::FetchOr | AtomicOp::FetchAnd | AtomicOp::FetchXor | AtomicOp::Xchg => bit(src),
        AtomicOp::Cmpxchg => bit(Reg::R0),
    };
    Usage { reads: bit(base) | bit(src) | compared, writes: fetched }
}

fn call_reads(callee: Callee, protos: &ProtoTable) -> u16 {
    match callee {
        Callee::Helper(id) => protos.get(id).map_or(ARGS, |p| first_args(p.args.len())),
        Callee::Reg(reg) => ARGS | bit(reg),
        Callee::Kfunc(_) | Callee::Local(_) | Callee::Symbol(_) => ARGS,
    }
}
