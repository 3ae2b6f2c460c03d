//! What an instruction is, once decoded. Nothing downstream looks at raw bits again.

use crate::alu::{AluOp, AtomicOp, Cond, Size, UnaryOp, Width};
use crate::reg::Reg;

/// The second operand of an ALU or branch instruction.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Operand {
    /// A register.
    Reg(Reg),
    /// A 32-bit immediate, sign-extended to 64 bits where the width is 64.
    Imm(i32),
}

/// What a 64-bit load of something that is not a number refers to. Indices point into tables that
/// the holder of the [`Code`](crate::Code) keeps.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Ref {
    /// The map with this index (`BPF_PSEUDO_MAP_FD` / `BPF_PSEUDO_MAP_IDX`).
    Map(u32),
    /// Byte `off` of the first value of the map with this index (`BPF_PSEUDO_MAP_VALUE`).
    MapValue {
        /// Index of the map.
        map: u32,
        /// Byte offset into its value area.
        off: u32,
    },
    /// A subprogram of the same code, by index of its first instruction (`BPF_PSEUDO_FUNC`).
    Func(u32),
    /// A symbol not resolved yet, by index into the object's reference table (a kernel symbol's address, say).
    Symbol(u32),
}

/// Who is called.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Callee {
    /// A helper by number.
    Helper(u32),
    /// A kfunc or named helper by BTF id (`BPF_PSEUDO_KFUNC_CALL`); in an object, the imm as found.
    Kfunc(i32),
    /// A subprogram of the same code, by index of its first instruction (`BPF_PSEUDO_CALL`).
    Local(u32),
    /// A function not resolved yet, by index into the object's reference table.
    Symbol(u32),
    /// The function whose address is in a register (opcode 0x8d, `callx`): conformance only.
    Reg(Reg),
}

/// One decoded instruction: the only form that leaves this crate.
///
/// Jump targets and subprograms are *instruction* indices (a 64-bit immediate load is one instruction but
/// two slots); [`Code::slot_of`](crate::Code::slot_of) gives the slot that Linux and clang count in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Insn {
    /// `dst = dst op src`, moves included.
    Alu {
        /// The operation.
        op: AluOp,
        /// 64 bits, or the low 32 with the upper half zeroed.
        width: Width,
        /// Left operand and destination.
        dst: Reg,
        /// Right operand.
        src: Operand,
    },
    /// Negation and byte swaps: `dst = op dst`. For byte swaps the width is that of the instruction class
    /// (`le`/`be` are class ALU, `bswap` is class ALU64), and carries no further meaning.
    Unary {
        /// The operation.
        op: UnaryOp,
        /// 64 bits, or the low 32 with the upper half zeroed.
        width: Width,
        /// Operand and destination.
        dst: Reg,
    },
    /// `dst = value ll`: two slots.
    LoadImm {
        /// Destination.
        dst: Reg,
        /// The constant.
        value: u64,
    },
    /// `dst = reference ll`: two slots.
    LoadRef {
        /// Destination.
        dst: Reg,
        /// What is referred to.
        target: Ref,
    },
    /// `dst = *(size *)(base + off)`, zero- or sign-extended.
    Load {
        /// Bytes read.
        size: Size,
        /// Sign-extending (`BPF_MEMSX`).
        signed: bool,
        /// Destination.
        dst: Reg,
        /// Base address.
        base: Reg,
        /// Signed displacement in bytes.
        off: i16,
    },
    /// `*(size *)(base + off) = src`.
    Store {
        /// Bytes written.
        size: Size,
        /// Base address.
        base: Reg,
        /// Signed displacement in bytes.
        off: i16,
        /// What is stored; an immediate is sign-extended.
        src: Operand,
    },
    /// Atomic read-modify-write of `*(size *)(base + off)`; size is `W` or `DW`.
    Atomic {
        /// The operation.
        op: AtomicOp,
        /// Bytes touched.
        size: Size,
        /// Base address.
        base: Reg,
        /// Signed displacement in bytes.
        off: i16,
        /// Operand, and destination of the fetching forms (`cmpxchg` fetches into `r0`).
        src: Reg,
    },
    /// `dst = load_acquire((size *)(base + off))`.
    LoadAcquire {
        /// Bytes read.
        size: Size,
        /// Destination.
        dst: Reg,
        /// Base address.
        base: Reg,
        /// Signed displacement in bytes.
        off: i16,
    },
    /// `store_release((size *)(base + off), src)`.
    StoreRelease {
        /// Bytes written.
        size: Size,
        /// Base address.
        base: Reg,
        /// Signed displacement in bytes.
        off: i16,
        /// What is stored.
        src: Reg,
    },
    /// `r0 = packet[index + off]` in network order (`LD_ABS`, `LD_IND`).
    PacketLoad {
        /// Bytes read: `B`, `H` or `W`.
        size: Size,
        /// The register of `LD_IND`.
        index: Option<Reg>,
        /// Byte offset.
        off: i32,
    },
    /// `goto target`; `long` is the 32-bit form (`gotol`).
    Jump {
        /// Index of the target instruction.
        target: u32,
        /// Encoded as `gotol`.
        long: bool,
    },
    /// `if dst cond src goto target`.
    Branch {
        /// The comparison.
        cond: Cond,
        /// 64 bits, or the low 32 of each side.
        width: Width,
        /// Left operand.
        dst: Reg,
        /// Right operand.
        src: Operand,
        /// Index of the target instruction.
        target: u32,
    },
    /// `may_goto target` (`JCOND` 0): leaves the loop when its hidden budget is used up.
    MayGoto {
        /// Index of the target instruction.
        target: u32,
    },
    /// A call.
    Call(Callee),
    /// Return from the (sub)program with `r0`.
    Exit,
    /// Something that linking could not resolve, by index into the unit's list of reasons: an error only if reached.
    Poison(u32),
}

const _: () = assert!(size_of::<Insn>() <= 16, "the interpreter walks an array of these");

impl Insn {
    /// How many 8-byte slots this takes in the encoding: 2 for 64-bit immediates, else 1.
    #[must_use]
    pub const fn slots(&self) -> u32 {
        match self {
            Insn::LoadImm { .. } | Insn::LoadRef { .. } => 2,
            Insn::Alu { .. }
            | Insn::Unary { .. }
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
            | Insn::Poison(_) => 1,
        }
    }

    /// The instruction this one may jump to, besides falling through.
    #[must_use]
    pub const fn target(&self) -> Option<u32> {
        match *self {
            Insn::Jump { target, .. } | Insn::Branch { target, .. } | Insn::MayGoto { target } => Some(target),
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
            | Insn::Call(_)
            | Insn::Exit
            | Insn::Poison(_) => None,
        }
    }

    /// Whether control can reach the next instruction.
    #[must_use]
    pub const fn falls_through(&self) -> bool {
        !matches!(self, Insn::Jump { .. } | Insn::Exit | Insn::Poison(_))
    }

    /// The subprogram this one calls or refers to, by index of its first instruction.
    #[must_use]
    pub const fn callee_start(&self) -> Option<u32> {
        match *self {
            Insn::Call(Callee::Local(target)) | Insn::LoadRef { target: Ref::Func(target), .. } => Some(target),
            Insn::Call(Callee::Helper(_) | Callee::Kfunc(_) | Callee::Symbol(_) | Callee::Reg(_))
            | Insn::LoadRef { target: Ref::Map(_) | Ref::MapValue { .. } | Ref::Symbol(_), .. }
            | Insn::Alu { .. }
            | Insn::Unary { .. }
            | Insn::LoadImm { .. }
            | Insn::Load { .. }
            | Insn::Store { .. }
            | Insn::Atomic { .. }
            | Insn::LoadAcquire { .. }
            | Insn::StoreRelease { .. }
            | Insn::PacketLoad { .. }
            | Insn::Jump { .. }
            | Insn::Branch { .. }
            | Insn::MayGoto { .. }
            | Insn::Exit
            | Insn::Poison(_) => None,
        }
    }

    /// The instruction index that this one jumps to, calls or refers to, for whoever moves code.
    pub fn index_mut(&mut self) -> Option<&mut u32> {
        if let Insn::Jump { target, .. }
        | Insn::Branch { target, .. }
        | Insn::MayGoto { target }
        | Insn::Call(Callee::Local(target))
        | Insn::LoadRef { target: Ref::Func(target), .. } = self
        {
            Some(target)
        } else {
            None
        }
    }
}
