//! Obligations of instructions, as `stingless_verifier::obligation` lists them, tested on the run's own values.
//!
//! Which registers and stack bytes hold pointers is tracked: no address may become a number, be compared with one, or
//! leave the stack. A pointer that is NULL counts as the number 0.

use stingless_abi::FieldKind;
use stingless_isa::{AluOp, AtomicOp, Callee, Cond, Insn, Operand, Reg, Size, Width};
use stingless_verifier::Access;
use stingless_verifier::obligation::{Obligation, of_insn};

use crate::interp::checked::{Checked, broken};
use crate::interp::{Site, Stop};

/// Values of the registers.
type Regs = [u64; Reg::COUNT];

fn bit(reg: Reg) -> u16 {
    1 << reg.index()
}

/// What the memory access of the current instruction does to tags.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Pending {
    /// Register that a load fills.
    pub(crate) fills: Option<Reg>,
    /// What is stored is a pointer.
    pub(crate) stores_pointer: bool,
}

impl Checked {
    /// Whether a register holds a pointer.
    fn is_ptr(&self, reg: Reg) -> bool {
        self.frames.last().is_some_and(|f| f.ptrs & bit(reg) != 0)
    }

    pub(crate) fn tag(&mut self, reg: Reg, pointer: bool) {
        if let Some(frame) = self.frames.last_mut() {
            frame.ptrs = if pointer { frame.ptrs | bit(reg) } else { frame.ptrs & !bit(reg) };
        }
    }

    /// Tests what must hold before an instruction, accesses and arguments apart: those are tested where they happen.
    pub(crate) fn obligations(&mut self, site: Site<'_>, insn: &Insn, regs: &Regs) -> Result<(), Stop> {
        for obligation in of_insn(insn) {
            self.obligation(site, &obligation, regs)?;
        }
        self.follow(insn);
        Ok(())
    }

    fn obligation(&self, site: Site<'_>, obligation: &Obligation, regs: &Regs) -> Result<(), Stop> {
        match *obligation {
            Obligation::Set(reg) => self.set(reg),
            Obligation::Writable(reg) if reg == Reg::FP => Err(broken("r10 is written")),
            Obligation::Number(reg) => {
                self.set(reg)?;
                if self.is_ptr(reg) {
                    Err(broken(format!("{reg} must be a number, and holds a pointer")))
                } else {
                    Ok(())
                }
            }
            Obligation::Arith { op, width, dst, src } => self.arith(op, width, dst, src),
            Obligation::Storable { value, base, off, size } => {
                self.storable(value, regs[base.index()].wrapping_add(off as i64 as u64), size)
            }
            Obligation::Comparable { cond, width, dst, src } => self.comparable(cond, width, dst, src, regs),
            Obligation::PacketLoad { .. } => self.packet_load(site, regs),
            Obligation::Callable(callee) => callable(site, callee),
            Obligation::Unheld if !self.held.is_empty() => {
                Err(broken("the program may leave here and holds a reference"))
            }
            Obligation::Writable(_) | Obligation::Unheld => Ok(()),
            // Accesses are looked up, arguments are tested at the call, results at `exit`; layouts refuse what cannot be
            // extended; poison traps by itself.
            Obligation::Access { .. }
            | Obligation::Extendable { .. }
            | Obligation::Argument(_)
            | Obligation::Return
            | Obligation::Resolved(_) => Ok(()),
        }
    }

    fn set(&self, reg: Reg) -> Result<(), Stop> {
        if self.frames.last().is_some_and(|f| f.regs & bit(reg) == 0) {
            return Err(broken(format!("{reg} is read before anything was written to it")));
        }
        Ok(())
    }

    fn arith(&self, op: AluOp, width: Width, dst: Reg, src: Operand) -> Result<(), Stop> {
        match (self.arith_tag(op, width, dst, src), src) {
            (Some(_), _) => Ok(()),
            (None, Operand::Reg(src)) => {
                Err(broken(format!("{op:?} of {dst} and {src}: not an operation on pointers")))
            }
            (None, Operand::Imm(_)) => Err(broken(format!("{op:?} of {dst}: not an operation on pointers"))),
        }
    }

    /// Whether the result is a pointer; `None` where the operation would make a number of one.
    fn arith_tag(&self, op: AluOp, width: Width, dst: Reg, src: Operand) -> Option<bool> {
        let right = matches!(src, Operand::Reg(src) if self.is_ptr(src));
        let left = self.is_ptr(dst);
        match (op, width, left, right) {
            (AluOp::Mov, Width::W64, _, right) => Some(right),
            (AluOp::Mov | AluOp::Movsx8 | AluOp::Movsx16 | AluOp::Movsx32, _, _, right) => (!right).then_some(false),
            (_, _, false, false) => Some(false),
            (AluOp::Add, Width::W64, left, right) => (left != right).then_some(true),
            (AluOp::Sub, Width::W64, true, right) => Some(!right),
            // The distance of two pointers, in the low half.
            (AluOp::Sub, Width::W32, true, true) => Some(false),
            (_, _, _, _) => None,
        }
    }

    fn storable(&self, value: Reg, addr: u64, size: Size) -> Result<(), Stop> {
        if !self.is_ptr(value) {
            return Ok(());
        }
        let on_stack = self.frames.iter().any(|f| f.holds(addr));
        if on_stack && size == Size::DW && addr.is_multiple_of(8) {
            return Ok(());
        }
        Err(broken(format!("{value} is a pointer and leaves the stack, or is stored in part")))
    }

    fn comparable(&self, cond: Cond, width: Width, dst: Reg, src: Operand, regs: &Regs) -> Result<(), Stop> {
        let (right, other) = match src {
            Operand::Reg(src) => (self.is_ptr(src), regs[src.index()]),
            Operand::Imm(imm) => (false, imm as i64 as u64),
        };
        let ok = match (self.is_ptr(dst), right) {
            (false, false) => true,
            (true, true) => width == Width::W64 && cond != Cond::Set,
            (true, false) => matches!(cond, Cond::Eq | Cond::Ne) && width == Width::W64 && other == 0,
            (false, true) => matches!(cond, Cond::Eq | Cond::Ne) && width == Width::W64 && regs[dst.index()] == 0,
        };
        if ok { Ok(()) } else { Err(broken(format!("{dst} is compared, and one side alone is a pointer"))) }
    }

    fn packet_load(&self, site: Site<'_>, regs: &Regs) -> Result<(), Stop> {
        if !site.program.hook().packet_loads {
            return Err(broken("the hook has no packet to load from"));
        }
        if regs[Reg::R6.index()] != self.args[0] {
            return Err(broken("r6 does not hold the context"));
        }
        Ok(())
    }

    /// Notes which registers hold pointers afterwards; loads are noted when they happen.
    fn follow(&mut self, insn: &Insn) {
        self.pending = Pending::default();
        match *insn {
            Insn::Alu { op, width, dst, src } => {
                let pointer = self.arith_tag(op, width, dst, src).unwrap_or(false);
                self.tag(dst, pointer);
            }
            Insn::LoadRef { dst, .. } => self.tag(dst, true),
            Insn::Unary { dst, .. } | Insn::LoadImm { dst, .. } => self.tag(dst, false),
            Insn::Load { dst, .. } | Insn::LoadAcquire { dst, .. } => self.pending.fills = Some(dst),
            Insn::Store { src: Operand::Reg(src), .. } | Insn::StoreRelease { src, .. } => {
                self.pending.stores_pointer = self.is_ptr(src);
            }
            Insn::Atomic { op: AtomicOp::Cmpxchg, .. } | Insn::PacketLoad { .. } => self.tag(Reg::R0, false),
            Insn::Atomic { op, src, .. } if op.fetches() => self.tag(src, false),
            Insn::Atomic { .. }
            | Insn::Store { src: Operand::Imm(_), .. }
            | Insn::Jump { .. }
            | Insn::Branch { .. }
            | Insn::MayGoto { .. }
            | Insn::Call(_)
            | Insn::Exit
            | Insn::Poison(_) => {}
        }
    }

    /// The tag of what a load of the context gives.
    pub(crate) fn tag_ctx_load(&mut self, site: Site<'_>, off: i64) {
        let Some(dst) = self.pending.fills.take() else { return };
        debug_assert_eq!(site.program.access(site.at), Some(Access::Ctx));
        let kind = site.program.hook().ctx().and_then(|l| l.field_at(off)).map(|f| f.kind);
        self.tag(dst, !matches!(kind, None | Some(FieldKind::Scalar { .. })));
    }
}

fn callable(site: Site<'_>, callee: Callee) -> Result<(), Stop> {
    match callee {
        Callee::Helper(id) if !site.program.hook().helpers.has(id) => {
            Err(broken(format!("helper {id} is not allowed in hook `{}`", site.program.hook().name)))
        }
        Callee::Helper(id) => {
            let gpl_only = site.program.unit().protos.get(id).is_some_and(|p| p.effects.gpl_only);
            if gpl_only && !site.program.unit().gpl {
                return Err(broken(format!("helper {id} is for programs with a GPL-compatible licence")));
            }
            Ok(())
        }
        // Those that cannot be called trap by themselves.
        Callee::Local(_) | Callee::Kfunc(_) | Callee::Symbol(_) | Callee::Reg(_) => Ok(()),
    }
}
