//! The linear pass: numbers joined over all ways through the verified control-flow graph.
//!
//! Exploration prunes, so a path that it never walked may carry numbers that it never saw. This pass leaves out nothing:
//! it visits each block with what comes in from all of its predecessors. Of the exploration it takes only what holds of
//! every run by itself: dead code and decided branches (deciding one marks its numbers precise), where an access goes, and
//! the field of a context access.
//!
//! Invariants:
//!
//! 1. What is said of an operand holds whenever a run is about to execute the instruction.
//! 2. A block outside of loops is visited once, after all its predecessors; a block of a loop at most `ROUNDS` times.
//! 3. Of what may be written by others nothing is kept: calls of subprograms and of helpers that call back or write to
//!    memory not known, and stores that may go to the stack at an offset not known, clear the stack.

use stingless_abi::{ArgKind, FieldKind, MemLen, MemUse, NativeOp, ObjectKind, Proto, Ret};
use stingless_isa::{AluOp, AtomicOp, Callee, Cond, Insn, Operand, Reg, Size, Width};
use stingless_object::Unit;

use super::operands::{Operands, Side, Writer};
use super::state::{Stage, State, Value};
use super::{Access, Facts};
use crate::cfg::Cfg;
use crate::domain::Scalar;

/// Visits of a block of a loop, at most: some that widen step by step, then one in which headers know nothing, so that no
/// way back changes anything.
pub(super) const ROUNDS: usize = 7;

/// Computes what is known of operands; `known` is what the exploration exported.
pub(crate) fn operands(unit: &Unit, cfg: &Cfg, known: &Facts) -> Operands {
    counted(unit, cfg, known).0
}

/// The same, and how many instructions it walked over.
pub(super) fn counted(unit: &Unit, cfg: &Cfg, known: &Facts) -> (Operands, u64) {
    let blocks = cfg.blocks().len();
    let mut pass = Pass {
        unit,
        cfg,
        known,
        lends_stack: lends_stack(unit),
        writer: Writer::new(unit.code.len()),
        incoming: vec![None; blocks],
        due: vec![false; blocks],
        round: 0,
        walked: 0,
    };
    for index in 0..unit.code.subprogs().len() {
        pass.subprog(index);
    }
    (pass.writer.finish(), pass.walked)
}

/// Whether some helper works on objects of the stack: a slice of one may lie in a buffer that the program brought along.
fn lends_stack(unit: &Unit) -> bool {
    unit.code.insns().iter().any(|insn| {
        let Insn::Call(callee) = insn else { return false };
        match callee {
            Callee::Helper(id) => unit.protos.get(*id).is_none_or(|p| {
                p.args
                    .iter()
                    .any(|a| matches!(a.kind, ArgKind::Object { .. } | ArgKind::Dynptr(_) | ArgKind::DynptrClone))
            }),
            Callee::Kfunc(_) | Callee::Symbol(_) | Callee::Reg(_) => true,
            Callee::Local(_) => false,
        }
    })
}

struct Pass<'a> {
    unit: &'a Unit,
    cfg: &'a Cfg,
    known: &'a Facts,
    /// A helper may hand out memory that is the program's own stack.
    lends_stack: bool,
    writer: Writer,
    /// What comes into each block; gone once no way leads there any more.
    incoming: Vec<Option<Box<State>>>,
    /// Something came in since the last visit.
    due: Vec<bool>,
    /// The visit of the loop at hand: 0 for the first.
    round: usize,
    /// Instructions walked over.
    walked: u64,
}

impl Pass<'_> {
    fn subprog(&mut self, index: usize) {
        let cfg = self.cfg;
        let start = self.unit.code.subprogs()[index].start as usize;
        if !self.reached(start) {
            return;
        }
        let first = cfg.block_of(start);
        self.incoming[first] = Some(Box::new(State::unknown()));
        self.due[first] = true;
        let order = cfg.post_order(index);
        let mut members: Vec<Vec<u32>> = vec![Vec::new(); cfg.loops().len()];
        for &block in order.iter().rev() {
            if let Some(id) = self.loop_of(block) {
                members[id].push(block);
            }
        }
        for &block in order.iter().rev() {
            match self.loop_of(block) {
                // All ways into a loop come before the first of its blocks, and it is settled there.
                Some(id) => self.settle(&std::mem::take(&mut members[id])),
                None => self.visit(block as usize, false),
            }
        }
    }

    fn loop_of(&self, block: u32) -> Option<usize> {
        self.cfg.loop_of(self.cfg.blocks()[block as usize].start as usize).map(|id| id as usize)
    }

    fn reached(&self, at: usize) -> bool {
        self.known.reached.get(at) == Some(&true)
    }

    /// Visits the blocks of a loop, in reverse post-order, until nothing changes.
    fn settle(&mut self, members: &[u32]) {
        for round in 0..ROUNDS {
            self.round = round;
            if round == ROUNDS - 1 {
                self.give_up(members);
            }
            let mut quiet = true;
            for &block in members {
                if self.due[block as usize] {
                    quiet = false;
                    self.visit(block as usize, true);
                }
            }
            if quiet {
                break;
            }
        }
        self.round = 0;
        for &block in members {
            self.incoming[block as usize] = None;
        }
    }

    /// Lets the headers of a loop know nothing: every cycle goes through one.
    fn give_up(&mut self, members: &[u32]) {
        if !members.iter().any(|&b| self.due[b as usize]) {
            return;
        }
        for &block in members {
            let start = self.cfg.blocks()[block as usize].start as usize;
            let incoming = &mut self.incoming[block as usize];
            if incoming.is_some() && self.cfg.is_loop_header(start) {
                *incoming = Some(Box::new(State::unknown()));
                self.due[block as usize] = true;
            }
        }
    }

    /// Walks over a block with what comes in, says what its operands are, and passes on what goes out.
    fn visit(&mut self, block: usize, again: bool) {
        if !std::mem::take(&mut self.due[block]) {
            return;
        }
        let incoming = if again { self.incoming[block].clone() } else { self.incoming[block].take() };
        let Some(mut state) = incoming else { return };
        let (cfg, unit) = (self.cfg, self.unit);
        let range = cfg.blocks()[block];
        for at in range.start as usize..range.end as usize {
            if !self.reached(at) {
                return;
            }
            self.walked += 1;
            let insn = &unit.code.insns()[at];
            for side in Side::ALL {
                if let Some(reg) = side.register(insn) {
                    self.writer.set(at, side, &state.get(reg).num());
                }
            }
            if let Insn::Branch { cond, width, dst, src, target } = *insn {
                return self.branch(at, state, Compared { cond, width, dst, src }, target as usize);
            }
            self.step(&mut state, at, insn);
        }
        let succs = cfg.succs(unit, range.end as usize - 1);
        match (succs.fall, succs.taken) {
            (Some(fall), Some(taken)) => {
                self.flow(fall as usize, state.clone());
                self.flow(taken as usize, state);
            }
            (Some(to), None) | (None, Some(to)) => self.flow(to as usize, state),
            (None, None) => {}
        }
    }

    /// Passes a state on to the block that begins at an instruction.
    fn flow(&mut self, to: usize, state: Box<State>) {
        if !self.reached(to) {
            return;
        }
        let block = self.cfg.block_of(to);
        match &mut self.incoming[block] {
            Some(there) => {
                let stage = match (self.cfg.is_loop_header(to), self.round) {
                    (false, _) | (true, 0) => Stage::Join,
                    (true, 1) => Stage::Power,
                    (true, _) => Stage::Half,
                };
                self.due[block] |= !fault!(31) && there.meet(&state, stage);
            }
            nothing @ None => {
                *nothing = Some(state);
                self.due[block] = true;
            }
        }
    }

    fn branch(&mut self, at: usize, mut state: Box<State>, on: Compared, target: usize) {
        let decided = self.known.branch.get(at).copied().flatten();
        let split = Scalar::branch(on.cond, on.width, state.get(on.dst).num(), state.operand(on.src));
        if let (Some(pair), true) = (split.taken, decided != Some(false)) {
            let mut taken = state.clone();
            on.learn(&mut taken, pair);
            self.flow(target, taken);
        }
        if let (Some(pair), true) = (split.fallthrough, decided != Some(true)) {
            on.learn(&mut state, pair);
            self.flow(at + 1, state);
        }
    }

    /// Moves a state over an instruction; branches have a way of their own.
    fn step(&self, state: &mut State, at: usize, insn: &Insn) {
        match *insn {
            Insn::Alu { op, width, dst, src } => state.alu(op, width, dst, src),
            Insn::Unary { op, width, dst } => {
                state.set(dst, Value::Num(Scalar::unary(op, width, state.get(dst).num())));
            }
            Insn::LoadImm { dst, value } => state.set(dst, Value::Num(Scalar::constant(value))),
            Insn::LoadRef { dst, .. } => state.set(dst, Value::ANY),
            Insn::Load { size, signed, dst, base, off } => {
                let value = extended(self.load(state, at, (base, off), size), size, signed);
                state.set(dst, value);
            }
            Insn::LoadAcquire { size, dst, base, off } => {
                let value = self.load(state, at, (base, off), size);
                state.set(dst, value);
            }
            Insn::Store { size, base, off, src } => {
                let value = match src {
                    Operand::Reg(reg) => state.get(reg),
                    Operand::Imm(_) => Value::Num(state.operand(src)),
                };
                self.store(state, at, (base, off), size, value);
            }
            Insn::StoreRelease { size, base, off, src } => self.store(state, at, (base, off), size, state.get(src)),
            Insn::Atomic { op, size, base, off, src } => {
                self.store(state, at, (base, off), size, Value::ANY);
                let any = Value::Num(Scalar::from_size(size));
                match op {
                    AtomicOp::Cmpxchg => state.set(Reg::R0, any),
                    AtomicOp::FetchAdd
                    | AtomicOp::FetchOr
                    | AtomicOp::FetchAnd
                    | AtomicOp::FetchXor
                    | AtomicOp::Xchg => state.set(src, any),
                    AtomicOp::Add | AtomicOp::Or | AtomicOp::And | AtomicOp::Xor => {}
                }
            }
            Insn::PacketLoad { size, .. } => {
                state.clobber();
                state.set(Reg::R0, Value::Num(Scalar::from_size(size)));
            }
            Insn::Call(callee) => self.call(state, callee),
            Insn::Jump { .. } | Insn::Branch { .. } | Insn::MayGoto { .. } | Insn::Exit | Insn::Poison(_) => {}
        }
    }

    fn load(&self, state: &State, at: usize, (base, off): (Reg, i16), size: Size) -> Value {
        if let Value::Frame(to) = state.get(base) {
            return state.load(to + i32::from(off), size);
        }
        match self.known.access.get(at).copied().flatten() {
            Some(Access::Ctx) => self.field(at, size),
            Some(Access::Stack | Access::Data | Access::MapValue(_) | Access::Mem | Access::Mixed) | None => {
                Value::Num(Scalar::from_size(size))
            }
        }
    }

    /// A field of the context. What the plugin sees as 32 bits may be an address of 64.
    fn field(&self, at: usize, size: Size) -> Value {
        let off = self.known.ctx_off.get(at).copied().flatten();
        let (Some(off), Some(layout)) = (off, self.unit.hook.ctx()) else { return Value::ANY };
        let Ok((field, lowered)) = layout.access(off.into(), size, false) else { return Value::ANY };
        match field.kind {
            FieldKind::Scalar { .. } if lowered.op == NativeOp::Zero => Value::Num(Scalar::constant(0)),
            FieldKind::Scalar { .. } => Value::Num(Scalar::from_size(size)),
            FieldKind::DataStart { .. }
            | FieldKind::DataEnd { .. }
            | FieldKind::DataMeta { .. }
            | FieldKind::Object { .. } => Value::ANY,
        }
    }

    fn store(&self, state: &mut State, at: usize, (base, off): (Reg, i16), size: Size, value: Value) {
        if let Value::Frame(to) = state.get(base) {
            return state.store(to + i32::from(off), size, value);
        }
        match self.known.access.get(at).copied().flatten() {
            Some(Access::Ctx | Access::Data | Access::MapValue(_)) => {}
            // A global function's memory lies outside of its own frame; a slice may lie in it.
            Some(Access::Mem) if !self.lends_stack => {}
            Some(Access::Mem | Access::Stack | Access::Mixed) | None => state.forget_all(),
        }
    }

    fn call(&self, state: &mut State, callee: Callee) {
        let proto = match callee {
            Callee::Helper(id) => self.unit.protos.get(id),
            Callee::Kfunc(_) | Callee::Local(_) | Callee::Symbol(_) | Callee::Reg(_) => None,
        };
        let Some(proto) = proto else {
            state.clobber();
            return if fault!(30) {
            } else {
                state.forget_all()
            };
        };
        written(state, proto);
        if !fault!(29) {
            state.clobber();
        }
        if let Ret::Scalar { min, max } = proto.ret {
            state.set(Reg::R0, Value::Num(Scalar::from_signed_range(min, max)));
        }
    }
}

/// A comparison's operands.
#[derive(Clone, Copy)]
struct Compared {
    cond: Cond,
    width: Width,
    dst: Reg,
    src: Operand,
}

impl Compared {
    /// What one outcome leaves of both sides. A pointer to the stack stays what it is.
    fn learn(&self, state: &mut State, (dst, src): (Scalar, Scalar)) {
        if let Operand::Reg(reg) = self.src
            && matches!(state.get(reg), Value::Num(_))
        {
            state.set(reg, Value::Num(src));
        }
        if matches!(state.get(self.dst), Value::Num(_)) && self.src != Operand::Reg(self.dst) {
            state.set(self.dst, Value::Num(dst));
        }
    }
}

/// A loaded value, sign-extended if the load says so.
fn extended(value: Value, size: Size, signed: bool) -> Value {
    let op = match size {
        Size::B => AluOp::Movsx8,
        Size::H => AluOp::Movsx16,
        Size::W => AluOp::Movsx32,
        Size::DW => return value,
    };
    if signed { Value::Num(Scalar::alu(op, Width::W64, value.num(), value.num())) } else { value }
}

/// Forgets the stack that a helper may write.
fn written(state: &mut State, proto: &Proto) {
    for (index, (arg, reg)) in proto.args.iter().zip(Reg::ARGS).enumerate() {
        let bytes = match arg.kind {
            ArgKind::Mem { access: MemUse::Write | MemUse::ReadWrite, len: MemLen::Fixed { size, .. }, .. } => {
                Some(i64::from(size))
            }
            ArgKind::Mem { access: MemUse::Write | MemUse::ReadWrite, len: MemLen::Next, .. } | ArgKind::Buffer => {
                let len = Reg::ARGS.get(index + 1).map_or(u64::MAX, |&next| state.get(next).num().umax());
                i64::try_from(len).ok().filter(|&len| len < 1 << 30)
            }
            ArgKind::Object { kind, .. } => Some(i64::from(kind.row().size)),
            ArgKind::Dynptr(_) | ArgKind::DynptrClone => Some(i64::from(ObjectKind::DynptrLocal.row().size)),
            ArgKind::MapValue(MemUse::Write | MemUse::ReadWrite)
            | ArgKind::MapValueOut { .. }
            | ArgKind::Callback(_)
            | ArgKind::CallbackCtx => None,
            ArgKind::Anything
            | ArgKind::Optional
            | ArgKind::CtxOrNull
            | ArgKind::Scalar
            | ArgKind::ConstScalar
            | ArgKind::Ctx
            | ArgKind::Map(_)
            | ArgKind::MapKey
            | ArgKind::MapValue(MemUse::Read)
            | ArgKind::Mem { access: MemUse::Read, .. }
            | ArgKind::Len { .. }
            | ArgKind::ConstStr
            | ArgKind::Acquired(_)
            | ArgKind::HostObject(_)
            | ArgKind::Text { .. }
            | ArgKind::MapValueOrNull
            | ArgKind::LastingMem
            | ArgKind::Words { .. }
            | ArgKind::SpinLock => continue,
        };
        match (state.get(reg), bytes) {
            (Value::Frame(off), Some(bytes)) => state.forget(off, bytes),
            (Value::Frame(_) | Value::Num(_), _) => state.forget_all(),
        }
    }
}
