//! Walks one path again, from a state that was kept on it, and builds its shadow.
//!
//! The abstract state is stepped along, so that all that is said of regions, offsets and kinds is what the walk itself
//! found; numbers that the shadow computes go beyond it. Whatever the shadow does not follow (memory that others may write,
//! results of helpers, bytes whose place is not known) is an input of which the abstract state tells the bounds.

use stingless_isa::{AluOp, Callee, Cond, Insn, Operand, Reg, Size, Width};

use super::blast::{self, Bits};
use super::shadow::{Shadow, Term, known};
use super::{Settled, settle};
use crate::collect::Collector;
use crate::explore::prove;
use crate::region::Region;
use crate::state::State;
use crate::step::{Machine, Next};
use crate::value::{Kind, Value};

/// A path up to, and not over, its last instruction.
pub(super) struct Walked {
    pub(super) state: State,
    pub(super) shadow: Shadow,
}

impl Walked {
    /// How far a pointer into a data region is from the region's start.
    fn distance(&mut self, state: &State, term: &Term) -> Option<(u8, Bits)> {
        let Kind::Ptr(region) = term.kind else { return None };
        match region {
            Region::Data(n) => Some((n, term.bits.clone())),
            Region::DataEnd(n) => {
                let length = self.shadow.length(Region::Data(n), state)?;
                Some((n, blast::add(&mut self.shadow.gates, &length, &term.bits)))
            }
            _ => None,
        }
    }
}

/// Walks from `state` along `path`, whose items are the steps of the log and their instructions. What was proved by
/// refinement on the way is `settled`. `None` where the walk does not go there, or the gates do not fit.
pub(super) fn walk(
    machine: &mut Machine<'_>,
    state: &State,
    path: &[(u32, u32)],
    settled: &Settled,
    gates: usize,
) -> Option<Walked> {
    let unit = machine.env.unit;
    let scratch = Collector::new(unit.code.len(), unit.code.subprogs().len());
    let real = std::mem::replace(&mut machine.collector, scratch);
    let mut walked = Walked { state: state.clone(), shadow: Shadow::new(state.depth(), gates) };
    let whole = path.windows(2).all(|pair| over(machine, &mut walked, pair[0], pair[1].1, settled).is_some())
        && path.last().is_some_and(|last| take(machine, &mut walked.state, last.0, settled).is_some());
    machine.collector = real;
    (whole && !walked.shadow.gates.is_full()).then_some(walked)
}

/// Over one instruction, to the next one of the path.
fn over(
    machine: &mut Machine<'_>,
    walked: &mut Walked,
    (step, at): (u32, u32),
    to: u32,
    settled: &Settled,
) -> Option<()> {
    let env = machine.env;
    let at = at as usize;
    let insn = &env.unit.code.insns()[at];
    let given = take(machine, &mut walked.state, step, settled)?;
    prove(env, &walked.state, insn, given).ok()?;
    let before = walked.state.clone();
    // The operands are asked for while the state still says what they are.
    let operands = Operands::of(machine, walked, insn);
    let next = machine.step(&mut walked.state, at).ok()?;
    match next {
        Next::Fall if to as usize == at + 1 => {}
        Next::Goto(target) if target == to => {}
        Next::Fork { now, later, .. } if now == later => return None,
        Next::Fork { now, .. } if now == to => {}
        Next::Fork { later, state, .. } if later == to => walked.state = *state,
        Next::Fall | Next::Goto(_) | Next::Fork { .. } | Next::End => return None,
    }
    follow(machine, walked, &before, (insn, at), to, operands);
    Some(())
}

/// Takes what was proved at a step; gives the arguments of which that was proved, as bits.
fn take(machine: &mut Machine<'_>, state: &mut State, step: u32, settled: &Settled) -> Option<u16> {
    let mut given = 0;
    for applied in settled.get(&step).into_iter().flatten() {
        given |= settle(machine, state, applied)?;
    }
    Some(given)
}

/// The terms that an instruction reads.
struct Operands {
    dst: Option<Term>,
    src: Option<Term>,
}

impl Operands {
    fn of(machine: &mut Machine<'_>, walked: &mut Walked, insn: &Insn) -> Operands {
        let Walked { state, shadow } = walked;
        let mut reg = |reg: Reg| {
            let readable = !state.reg(reg).is_uninit();
            readable.then(|| shadow.reg(state, reg, &mut machine.nodes))
        };
        let (dst, src) = match *insn {
            Insn::Alu { op: AluOp::Mov | AluOp::Movsx8 | AluOp::Movsx16 | AluOp::Movsx32, src, .. } => {
                (None, Some(src))
            }
            Insn::Alu { dst, src, .. } | Insn::Branch { dst, src, .. } => (Some(dst), Some(src)),
            Insn::Unary { dst, .. } => (Some(dst), None),
            Insn::Store { src, .. } => (None, Some(src)),
            Insn::StoreRelease { src, .. } => (None, Some(Operand::Reg(src))),
            Insn::LoadImm { .. }
            | Insn::LoadRef { .. }
            | Insn::Load { .. }
            | Insn::LoadAcquire { .. }
            | Insn::Atomic { .. }
            | Insn::PacketLoad { .. }
            | Insn::Jump { .. }
            | Insn::MayGoto { .. }
            | Insn::Call(_)
            | Insn::Exit
            | Insn::Poison(_) => (None, None),
        };
        let dst = dst.and_then(&mut reg);
        let src = match src {
            Some(Operand::Reg(src)) => reg(src),
            Some(Operand::Imm(imm)) => known(&Value::constant(i64::from(imm) as u64)),
            None => None,
        };
        Operands { dst, src }
    }
}

/// Lets the shadow follow the state over an instruction.
fn follow(
    machine: &mut Machine<'_>,
    walked: &mut Walked,
    before: &State,
    (insn, at): (&Insn, usize),
    to: u32,
    operands: Operands,
) {
    match *insn {
        Insn::Alu { op, width, dst, src } => {
            let term = alu(machine, walked, before, (op, width), (dst, src), operands);
            walked.shadow.set(dst, term);
        }
        Insn::Unary { op, width, dst } => {
            let value = *walked.state.reg(dst);
            let term = operands.dst.filter(|t| both(&[t.kind, value.kind])).map(|term| {
                let bits = blast::unary(&mut walked.shadow.gates, op, width, &term.bits);
                walked.shadow.result(&bits, &value, machine.nodes.derive(term.node, value.node))
            });
            walked.shadow.set(dst, term);
        }
        Insn::LoadImm { dst, .. } | Insn::LoadRef { dst, .. } => walked.shadow.set(dst, None),
        Insn::Load { size, signed, dst, base, off } => load(machine, walked, before, dst, (base, off), (size, signed)),
        Insn::LoadAcquire { size, dst, base, off } => load(machine, walked, before, dst, (base, off), (size, false)),
        Insn::Store { size, base, off, .. } | Insn::StoreRelease { size, base, off, .. } => {
            store(walked, before, (base, off), size, operands.src);
        }
        Insn::Atomic { op, size, base, off, src } => {
            store(walked, before, (base, off), size, None);
            walked.shadow.set(if op == stingless_isa::AtomicOp::Cmpxchg { Reg::R0 } else { src }, None);
        }
        Insn::Branch { cond, width, dst, src, target } => {
            if target as usize != at + 1 {
                branch(machine, walked, before, (cond, width, to == target), (dst, src), operands);
            }
        }
        Insn::PacketLoad { .. } | Insn::Call(_) | Insn::Exit => frames(machine, walked, before, insn),
        Insn::Jump { .. } | Insn::MayGoto { .. } | Insn::Poison(_) => {}
    }
}

/// Whether all are numbers.
fn both(kinds: &[Kind]) -> bool {
    kinds.iter().all(|k| matches!(k, Kind::Scalar))
}

/// Whether a shift's count may be the width or more. The machine masks it; nothing is proved of what that gives.
fn may_be_too_long(before: &State, width: Width, count: Operand) -> bool {
    let Operand::Reg(count) = count else { return false };
    let count = before.reg(count).num;
    let most = if width == Width::W32 { u64::from(count.u32_max()) } else { count.umax() };
    most >= u64::from(width.bits())
}

fn alu(
    machine: &mut Machine<'_>,
    walked: &mut Walked,
    before: &State,
    (op, width): (AluOp, Width),
    (dst, src): (Reg, Operand),
    operands: Operands,
) -> Option<Term> {
    let value = *walked.state.reg(dst);
    let b = operands.src?;
    let moves = matches!(op, AluOp::Mov | AluOp::Movsx8 | AluOp::Movsx16 | AluOp::Movsx32);
    // A move reads one side alone.
    let a = if moves { b.clone() } else { operands.dst? };
    let node = machine.nodes.derive(a.node, b.node);
    let node = machine.nodes.derive(node, value.node);
    if matches!(op, AluOp::Lsh | AluOp::Rsh | AluOp::Arsh) && may_be_too_long(before, width, src) {
        return None;
    }
    if both(&[a.kind, b.kind, value.kind]) {
        let bits = blast::alu(&mut walked.shadow.gates, op, width, &a.bits, &b.bits);
        return Some(walked.shadow.result(&bits, &value, node));
    }
    if op == AluOp::Mov && width == Width::W64 {
        return (value.kind == b.kind).then_some(b);
    }
    if let (AluOp::Sub, Operand::Reg(src), Kind::Scalar) = (op, src, value.kind) {
        // How far two pointers into one data region are apart.
        if before.reg(dst).nullable || before.reg(src).nullable {
            return None;
        }
        let ((n, a), (m, b)) = (walked.distance(before, &a)?, walked.distance(before, &b)?);
        let bits = blast::alu(&mut walked.shadow.gates, op, width, &a, &b);
        return (n == m).then_some(Term { kind: value.kind, bits, node });
    }
    // A pointer plus or minus a number.
    let pointer = if both(&[b.kind]) { a.kind } else { b.kind };
    let one = both(&[a.kind]) != both(&[b.kind]) && pointer == value.kind && width == Width::W64;
    let gates = &mut walked.shadow.gates;
    let bits = if op == AluOp::Add && one {
        blast::add(gates, &a.bits, &b.bits)
    } else if op == AluOp::Sub && one && both(&[b.kind]) {
        blast::sub(gates, &a.bits, &b.bits)
    } else {
        return None;
    };
    Some(Term { kind: value.kind, bits, node })
}

/// The frame and the place on its stack that an access goes to; no place where it is not known.
fn on_stack(state: &State, (base, off): (Reg, i16)) -> Option<(usize, Option<i64>)> {
    let ptr = state.reg(base);
    let Some(Region::Stack(frame)) = ptr.region() else { return None };
    Some((usize::from(frame), ptr.fixed_off().map(|fixed| fixed + i64::from(off))))
}

fn load(
    machine: &mut Machine<'_>,
    walked: &mut Walked,
    before: &State,
    dst: Reg,
    place: (Reg, i16),
    (size, signed): (Size, bool),
) {
    walked.shadow.set(dst, None);
    let Some((frame, Some(off))) = on_stack(before, place) else { return };
    let value = *walked.state.reg(dst);
    if known(&value).is_some() || value.is_uninit() {
        return;
    }
    let Walked { state, shadow } = walked;
    let term = match shadow.read(frame, off, size.bytes(), &value, &mut machine.nodes) {
        Some(mut term) if signed => {
            term.bits = blast::sign_extended(&term.bits[..8 * size.bytes() as usize], 64);
            term
        }
        Some(term) => term,
        None => {
            // Whoever loads it again loads the same.
            let term = shadow.fresh(&value, state.length_id);
            let whole = size == Size::DW || !signed && both(&[value.kind]);
            if whole {
                shadow.write(frame, off, size.bytes(), &term);
            }
            term
        }
    };
    shadow.set(dst, Some(term));
}

/// Something is stored; the term is missing where it is not known what.
fn store(walked: &mut Walked, before: &State, place: (Reg, i16), size: Size, term: Option<Term>) {
    let Some((frame, off)) = on_stack(before, place) else { return };
    let bytes = i64::from(size.bytes());
    walked.shadow.forget(frame, off.map(|off| off..off + bytes));
    if let (Some(off), Some(term)) = (off, term) {
        walked.shadow.write(frame, off, size.bytes(), &term);
    }
}

fn branch(
    machine: &mut Machine<'_>,
    walked: &mut Walked,
    before: &State,
    (cond, width, taken): (Cond, Width, bool),
    (dst, src): (Reg, Operand),
    operands: Operands,
) {
    let (Some(a), Some(b)) = (operands.dst, operands.src) else { return };
    let shadow = &mut walked.shadow;
    let node = machine.nodes.derive(a.node, b.node);
    let bit = if both(&[a.kind, b.kind]) {
        shadow.compare(cond, width, &a.bits, &b.bits)
    } else {
        let (Operand::Reg(src), Width::W64) = (src, width) else { return };
        if matches!(cond, Cond::Set | Cond::Sgt | Cond::Sge | Cond::Slt | Cond::Sle) {
            return;
        }
        let Some((region, a)) = shadow.position(before, dst, &mut machine.nodes) else { return };
        let Some((other, b)) = shadow.position(before, src, &mut machine.nodes) else { return };
        if region != other {
            return;
        }
        shadow.compare(cond, width, &a, &b)
    };
    shadow.claim(if taken { bit } else { bit.not() }, node);
}

/// Calls and returns.
fn frames(machine: &mut Machine<'_>, walked: &mut Walked, before: &State, insn: &Insn) {
    let Walked { state, shadow } = walked;
    if matches!(insn, Insn::Call(_)) {
        shadow.forget_written(before, state);
        // Whatever may have moved it.
        if moves_data(machine, insn) {
            shadow.moved();
        }
    }
    match state.depth().cmp(&shadow.frames.len()) {
        std::cmp::Ordering::Greater => {
            let mut entered = super::shadow::Terms::default();
            if let (Insn::Call(Callee::Local(_)), Some(caller)) = (insn, shadow.frames.last()) {
                for reg in Reg::ARGS {
                    entered.regs[reg.index()] = caller.regs[reg.index()].clone();
                }
            }
            shadow.frames.push(entered);
        }
        std::cmp::Ordering::Equal => shadow.clobber(),
        std::cmp::Ordering::Less => {
            let left = shadow.frames.pop();
            let callback = before.frame().callback.is_some();
            if callback && matches!(insn, Insn::Exit) {
                return;
            }
            let result = left.filter(|_| matches!(insn, Insn::Exit)).and_then(|f| f.regs[Reg::R0.index()].clone());
            shadow.clobber();
            shadow.set(Reg::R0, result);
        }
    }
}

/// Whether a call may move the data of the context.
fn moves_data(machine: &Machine<'_>, insn: &Insn) -> bool {
    let env = machine.env;
    let Insn::Call(callee) = *insn else { return false };
    match callee {
        Callee::Helper(id) => env.unit.protos.get(id).is_none_or(|p| p.may_move_packet() || p.effects.tail_call),
        Callee::Local(target) => {
            let subprog = env.unit.code.subprog_of(target as usize);
            let global = env.unit.funcs.get(subprog).is_some_and(|f| f.global);
            global && env.moves_data.get(subprog).copied().unwrap_or(true)
        }
        Callee::Kfunc(_) | Callee::Symbol(_) | Callee::Reg(_) => true,
    }
}
