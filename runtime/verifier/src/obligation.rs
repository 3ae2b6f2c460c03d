//! What must hold before an instruction runs, as data: read by the prover (`check`), by the checked interpreter and by
//! whoever explains a rejection. Nothing here knows of abstract states.

use stingless_abi::{ArgKind, Proto};
use stingless_isa::{AluOp, Callee, Cond, Insn, Operand, Reg, Size, Width};

/// What an access does to memory.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Mode {
    /// A load.
    Read,
    /// A store.
    Write,
    /// A read-modify-write, naturally aligned.
    Atomic,
    /// A load-acquire, naturally aligned.
    Acquire,
    /// A store-release, naturally aligned.
    Release,
}

impl Mode {
    /// Whether memory is read.
    #[must_use]
    pub const fn reads(self) -> bool {
        matches!(self, Mode::Read | Mode::Atomic | Mode::Acquire)
    }

    /// Whether memory is written.
    #[must_use]
    pub const fn writes(self) -> bool {
        matches!(self, Mode::Write | Mode::Atomic | Mode::Release)
    }

    /// Whether the access is atomic.
    #[must_use]
    pub const fn is_atomic(self) -> bool {
        matches!(self, Mode::Atomic | Mode::Acquire | Mode::Release)
    }
}

/// One thing that must hold before an instruction or a helper call.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Obligation {
    /// The register was set.
    Set(Reg),
    /// The register may be written: it is not the frame pointer.
    Writable(Reg),
    /// `dst op= src` is a number's arithmetic, or a pointer's that stays a pointer.
    Arith {
        /// The operation.
        op: AluOp,
        /// Its width.
        width: Width,
        /// Left operand.
        dst: Reg,
        /// Right operand.
        src: Operand,
    },
    /// The register holds a number.
    Number(Reg),
    /// `size` bytes at `base + off` lie in memory that allows the access.
    Access {
        /// Base address.
        base: Reg,
        /// Displacement in bytes.
        off: i16,
        /// Bytes.
        size: Size,
        /// What is done.
        mode: Mode,
    },
    /// What a sign-extending load finds there is a number.
    Extendable {
        /// Base address.
        base: Reg,
        /// Displacement in bytes.
        off: i16,
        /// Bytes.
        size: Size,
    },
    /// Storing the register's value there gives no pointer away.
    Storable {
        /// What is stored.
        value: Reg,
        /// Base address.
        base: Reg,
        /// Displacement in bytes.
        off: i16,
        /// Bytes.
        size: Size,
    },
    /// The two may be compared.
    Comparable {
        /// The comparison.
        cond: Cond,
        /// Its width.
        width: Width,
        /// Left operand.
        dst: Reg,
        /// Right operand.
        src: Operand,
    },
    /// The hook has a packet to load from, and `r6` is the context.
    PacketLoad {
        /// The register of `LD_IND`.
        index: Option<Reg>,
    },
    /// Whoever is called may be called here.
    Callable(Callee),
    /// An argument of the helper being called fits.
    Argument(Argument),
    /// Nothing that must be released is held, and no lock.
    Unheld,
    /// `r0` is what the function may return.
    Return,
    /// The reference with this index into the unit's list was resolved: never true.
    Resolved(u32),
}

/// An argument of a helper and those it depends on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Argument {
    /// Its place, from 0.
    pub index: u8,
    /// Its register.
    pub reg: Reg,
    /// What it must be.
    pub kind: ArgKind,
    /// Register of the map that keys and values belong to: the last map argument before it.
    pub map: Option<Reg>,
    /// Register of its length, and whether it may be 0, where the next argument is the length.
    pub len: Option<(Reg, bool)>,
}

/// At most four.
pub(crate) type List = [Option<Obligation>; 4];

/// What must hold before `insn`, calls' arguments apart ([`of_helper`]).
pub fn of_insn(insn: &Insn) -> impl Iterator<Item = Obligation> {
    list_of(insn).into_iter().flatten()
}

/// What must hold of the arguments when a helper is called, in their order.
pub fn of_helper(proto: &Proto) -> impl Iterator<Item = Obligation> {
    let mut map = None;
    proto.args.iter().zip(Reg::ARGS).enumerate().map(move |(index, (arg, reg))| {
        if let ArgKind::Map(_) = arg.kind {
            map = Some(reg);
        }
        let len = match (proto.args.get(index + 1).map(|a| a.kind), Reg::ARGS.get(index + 1)) {
            (Some(ArgKind::Len { zero_ok }), Some(&next)) => Some((next, zero_ok)),
            (Some(_) | None, _) => None,
        };
        Obligation::Argument(Argument { index: index as u8, reg, kind: arg.kind, map, len })
    })
}

/// The same as a list.
pub(crate) fn list_of(insn: &Insn) -> List {
    use Obligation::{Access, Callable, Comparable, Number, Resolved, Return, Set, Storable, Unheld, Writable};
    match *insn {
        Insn::Alu { op, width, dst, src } => alu(op, width, dst, src),
        Insn::Unary { dst, .. } => [Some(Writable(dst)), Some(Set(dst)), Some(Number(dst)), None],
        Insn::LoadImm { dst, .. } | Insn::LoadRef { dst, .. } => [Some(Writable(dst)), None, None, None],
        Insn::Load { size, signed, dst, base, off } => {
            let access = Access { base, off, size, mode: Mode::Read };
            let number = signed.then_some(Obligation::Extendable { base, off, size });
            [Some(Writable(dst)), Some(Set(base)), Some(access), number]
        }
        Insn::Store { size, base, off, src } => {
            let access = Access { base, off, size, mode: Mode::Write };
            match src {
                Operand::Reg(value) => {
                    [Some(Set(value)), Some(Set(base)), Some(access), Some(Storable { value, base, off, size })]
                }
                Operand::Imm(_) => [Some(Set(base)), Some(access), None, None],
            }
        }
        Insn::Atomic { .. } => atomic(insn),
        Insn::LoadAcquire { size, dst, base, off } => {
            let access = Access { base, off, size, mode: Mode::Acquire };
            [Some(Writable(dst)), Some(Set(base)), Some(access), None]
        }
        Insn::StoreRelease { size, base, off, src } => {
            let access = Access { base, off, size, mode: Mode::Release };
            [Some(Set(src)), Some(Set(base)), Some(access), Some(Storable { value: src, base, off, size })]
        }
        Insn::PacketLoad { index, .. } => {
            [Some(Obligation::PacketLoad { index }), index.map(Set), index.map(Number), Some(Unheld)]
        }
        Insn::Branch { cond, width, dst, src, .. } => {
            let right = if let Operand::Reg(src) = src { Some(Set(src)) } else { None };
            [Some(Set(dst)), right, Some(Comparable { cond, width, dst, src }), None]
        }
        Insn::Call(callee) => [Some(Callable(callee)), None, None, None],
        Insn::Exit => [Some(Return), None, None, None],
        Insn::Poison(reason) => [Some(Resolved(reason)), None, None, None],
        Insn::Jump { .. } | Insn::MayGoto { .. } => [None; 4],
    }
}

fn alu(op: AluOp, width: Width, dst: Reg, src: Operand) -> List {
    use Obligation::{Arith, Set, Writable};
    let reads_dst = match op {
        AluOp::Mov | AluOp::Movsx8 | AluOp::Movsx16 | AluOp::Movsx32 => None,
        AluOp::Add
        | AluOp::Sub
        | AluOp::Mul
        | AluOp::Div
        | AluOp::Sdiv
        | AluOp::Mod
        | AluOp::Smod
        | AluOp::Or
        | AluOp::And
        | AluOp::Xor
        | AluOp::Lsh
        | AluOp::Rsh
        | AluOp::Arsh => Some(Set(dst)),
    };
    let reads_src = if let Operand::Reg(src) = src { Some(Set(src)) } else { None };
    [Some(Writable(dst)), reads_dst, reads_src, Some(Arith { op, width, dst, src })]
}

fn atomic(insn: &Insn) -> List {
    use Obligation::{Access, Number, Set, Writable};
    let Insn::Atomic { op, size, base, off, src } = *insn else {
        return [None; 4];
    };
    let access = Some(Access { base, off, size, mode: Mode::Atomic });
    match op {
        // Compares with, and fetches into, r0. That src is set follows from its being a number.
        stingless_isa::AtomicOp::Cmpxchg => [Some(Set(base)), Some(Number(src)), Some(Number(Reg::R0)), access],
        stingless_isa::AtomicOp::FetchAdd
        | stingless_isa::AtomicOp::FetchOr
        | stingless_isa::AtomicOp::FetchAnd
        | stingless_isa::AtomicOp::FetchXor
        | stingless_isa::AtomicOp::Xchg => [Some(Writable(src)), Some(Set(base)), Some(Number(src)), access],
        stingless_isa::AtomicOp::Add
        | stingless_isa::AtomicOp::Or
        | stingless_isa::AtomicOp::And
        | stingless_isa::AtomicOp::Xor => [Some(Set(base)), Some(Number(src)), access, None],
    }
}
