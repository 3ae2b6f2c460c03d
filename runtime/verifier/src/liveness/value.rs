//! The little that must be known of a register to tell which stack slots an instruction touches.

use stingless_isa::{AluOp, Insn, Operand, Ref, Reg, Width};

/// What a value may be derived from: bits 0-4 the arguments, then the two below.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Taint(u8);

impl Taint {
    /// Nothing: no pointer into the stack of this frame or its callers.
    pub(super) const NONE: Taint = Taint(0);
    /// Any argument.
    pub(super) const ARGS: Taint = Taint(0b1_1111);
    /// The address of this frame.
    pub(super) const FRAME: Taint = Taint(1 << 5);
    /// Loaded from memory that an argument leads to.
    pub(super) const LOADED: Taint = Taint(1 << 6);
    /// What memory of callers may hold.
    pub(super) const CALLERS: Taint = Taint(Self::ARGS.0 | Self::LOADED.0);

    /// That of the `i`th argument, from 0.
    pub(super) const fn arg(i: usize) -> Taint {
        Taint(1 << i & Self::ARGS.0)
    }

    pub(super) const fn and(self, other: Taint) -> Taint {
        Taint(self.0 | other.0)
    }

    pub(super) const fn only(self, other: Taint) -> Taint {
        Taint(self.0 & other.0)
    }

    pub(super) const fn meets(self, other: Taint) -> bool {
        self.0 & other.0 != 0
    }
}

/// What is known of a register.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Val {
    /// A number.
    Const(i32),
    /// `r10` plus a constant.
    Frame(i32),
    /// A map of the unit.
    Map(u32),
    /// A subprogram, by its first instruction.
    Func(u32),
    /// Something else, derived from these.
    Other(Taint),
}

const _: () = assert!(size_of::<Val>() == 8, "eleven of them are kept per block");

impl Val {
    /// Neither a known number nor a stack pointer.
    pub(super) const UNKNOWN: Val = Val::Other(Taint::NONE);

    pub(super) const fn taint(self) -> Taint {
        match self {
            Val::Const(_) | Val::Map(_) | Val::Func(_) => Taint::NONE,
            Val::Frame(_) => Taint::FRAME,
            Val::Other(taint) => taint,
        }
    }

    pub(super) fn join(self, other: Val) -> Val {
        if self == other { self } else { Val::Other(self.taint().and(other.taint())) }
    }

    fn number(value: u64) -> Val {
        i32::try_from(value as i64).map_or(Val::UNKNOWN, Val::Const)
    }

    /// `self op other`. Frame offsets beyond 1 MiB are no longer told apart.
    fn alu(self, op: AluOp, width: Width, other: Val) -> Val {
        if let (AluOp::Mov, Width::W64) = (op, width) {
            return other;
        }
        let unknown = match width {
            Width::W64 => Val::Other(self.taint().and(other.taint())),
            Width::W32 => Val::UNKNOWN,
        };
        match (self, other) {
            (_, Val::Const(b)) if is_move(op) => Val::number(op.eval(width, 0, b as i64 as u64)),
            (Val::Const(a), Val::Const(b)) => Val::number(op.eval(width, a as i64 as u64, b as i64 as u64)),
            (Val::Frame(off), Val::Const(c)) | (Val::Const(c), Val::Frame(off)) if width == Width::W64 => {
                let moved = match (op, self) {
                    (AluOp::Add, _) => off.checked_add(c),
                    (AluOp::Sub, Val::Frame(_)) => off.checked_sub(c),
                    _ => None,
                };
                moved.filter(|off| off.unsigned_abs() <= 1 << 20).map_or(unknown, Val::Frame)
            }
            _ => unknown,
        }
    }
}

const fn is_move(op: AluOp) -> bool {
    matches!(op, AluOp::Mov | AluOp::Movsx8 | AluOp::Movsx16 | AluOp::Movsx32)
}

/// The registers of a frame.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Regs([Val; Reg::COUNT]);

impl Regs {
    /// At the start of a subprogram.
    pub(super) fn entry() -> Regs {
        let mut regs = [Val::UNKNOWN; Reg::COUNT];
        for (i, arg) in Reg::ARGS.into_iter().enumerate() {
            regs[arg.index()] = Val::Other(Taint::arg(i));
        }
        regs[Reg::FP.index()] = Val::Frame(0);
        Regs(regs)
    }

    pub(super) fn get(&self, reg: Reg) -> Val {
        self.0[reg.index()]
    }

    pub(super) fn set(&mut self, reg: Reg, val: Val) {
        self.0[reg.index()] = val;
    }

    pub(super) fn operand(&self, operand: Operand) -> Val {
        match operand {
            Operand::Reg(reg) => self.get(reg),
            Operand::Imm(imm) => Val::Const(imm),
        }
    }

    /// Joins another state into this one. Says whether that changed anything.
    pub(super) fn join(&mut self, other: &Regs) -> bool {
        let before = *self;
        for (mine, theirs) in self.0.iter_mut().zip(other.0) {
            *mine = mine.join(theirs);
        }
        *self != before
    }

    /// The effect of an instruction that neither touches memory nor calls; `None` for those that do.
    pub(super) fn compute(&mut self, insn: &Insn) -> Option<()> {
        match *insn {
            Insn::Alu { op, width, dst, src } => {
                let val = self.get(dst).alu(op, width, self.operand(src));
                self.set(dst, val);
            }
            Insn::Unary { dst, .. } => self.set(dst, Val::Other(self.get(dst).taint())),
            Insn::LoadImm { dst, value } => self.set(dst, Val::number(value)),
            Insn::LoadRef { dst, target } => self.set(dst, reference(target)),
            Insn::Jump { .. } | Insn::Branch { .. } | Insn::MayGoto { .. } | Insn::Exit | Insn::Poison(_) => {}
            Insn::Load { .. }
            | Insn::LoadAcquire { .. }
            | Insn::Store { .. }
            | Insn::StoreRelease { .. }
            | Insn::Atomic { .. }
            | Insn::PacketLoad { .. }
            | Insn::Call(_) => return None,
        }
        Some(())
    }
}

fn reference(target: Ref) -> Val {
    match target {
        Ref::Map(map) => Val::Map(map),
        Ref::Func(func) => Val::Func(func),
        Ref::MapValue { .. } | Ref::Symbol(_) => Val::UNKNOWN,
    }
}
