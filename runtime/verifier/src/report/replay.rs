//! A failing path, once more, to tell where each value on it was made.
//!
//! Along one path every register holds one value made at one place: this pass names them. It knows no ranges and proves
//! nothing; it says where to point. What it gets wrong makes a report less helpful, never a verdict different.

use std::collections::BTreeMap;

use stingless_abi::{ArgKind, CallbackKind, MemUse, Proto, Ret};
use stingless_isa::{AluOp, Callee, Cond, Insn, Operand, Ref, Reg, Size, Width};
use stingless_object::Unit;

use crate::usage::Usage;

/// Names a value on the path.
pub(super) type Vid = u32;

/// How a value came to be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum How {
    /// An argument of the program or of a global function: its register.
    Entry(Reg),
    /// Never set on this path.
    Unset,
    /// Lost in the call made at this step: calls keep `r6`-`r9` only.
    Lost,
    /// A number.
    Const(i64),
    /// `r10` of the frame with this number, plus a constant.
    Frame(u32, i64),
    /// A reference.
    Ref(Ref),
    /// What a helper returned.
    Helper(u32),
    /// An argument that a helper gives to a callback: the helper, the register.
    Callback(u32, Reg),
    /// What a global function returned.
    Function,
    /// Loaded through a pointer.
    Load { base: Vid, off: i16, size: Size },
    /// Written to the stack by a helper.
    Filled(u32),
    /// Computed of two values.
    Alu { op: AluOp, width: Width, left: Vid, right: Vid },
    /// Computed of one.
    Unary(Vid),
}

/// A value, and the step that made it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Made {
    pub(super) step: usize,
    pub(super) how: How,
}

/// A store to the stack.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Written {
    pub(super) step: usize,
    /// The frame's number.
    pub(super) frame: u32,
    /// From that frame's `r10`.
    pub(super) off: i64,
    pub(super) len: i64,
}

/// A branch on the path.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Compared {
    pub(super) step: usize,
    pub(super) cond: Cond,
    pub(super) left: Vid,
    pub(super) right: Vid,
    pub(super) taken: bool,
    /// All registers at that point.
    regs: [Vid; Reg::COUNT],
}

impl Compared {
    /// What a register held at that point.
    pub(super) fn held(&self, reg: Reg) -> Vid {
        self.regs[reg.index()]
    }
}

#[derive(Clone, Debug)]
struct Frame {
    regs: [Vid; Reg::COUNT],
    slots: BTreeMap<i64, (Vid, i64)>,
    number: u32,
    /// The call instruction, in the frame that made it.
    call: u32,
    /// The step that entered it.
    entered: usize,
}

/// The values of a path.
#[derive(Debug)]
pub(super) struct Replay<'a> {
    pub(super) unit: &'a Unit,
    pub(super) path: &'a [u32],
    values: Vec<Made>,
    pub(super) compared: Vec<Compared>,
    /// What went to the stack, in order.
    pub(super) written: Vec<Written>,
    /// (step, `r1` to `r5`) of each helper's call, in order.
    calls: Vec<(usize, [Vid; 5])>,
    frames: Vec<Frame>,
    made_frames: u32,
    /// Where each callback that returned was entered and left.
    pub(super) callbacks: Vec<(usize, usize)>,
}

impl<'a> Replay<'a> {
    /// Replays all of a path but its last instruction, the one that failed.
    pub(super) fn of(unit: &'a Unit, path: &'a [u32]) -> Replay<'a> {
        let mut replay = Replay::start(unit, path);
        for step in 0..path.len().saturating_sub(1) {
            replay.step(step);
        }
        replay
    }

    /// Before the first step of a path.
    pub(super) fn start(unit: &'a Unit, path: &'a [u32]) -> Replay<'a> {
        let mut replay = Replay {
            unit,
            path,
            values: Vec::new(),
            compared: Vec::new(),
            written: Vec::new(),
            calls: Vec::new(),
            frames: Vec::new(),
            made_frames: 0,
            callbacks: Vec::new(),
        };
        replay.enter(0, u32::MAX, |_, reg| How::Entry(reg));
        replay
    }

    /// How many values there are: they are numbered from 0.
    pub(super) fn values(&self) -> Vid {
        self.values.len() as u32
    }

    pub(super) fn value(&self, vid: Vid) -> Made {
        self.values[vid as usize]
    }

    /// What a register of the last frame holds at the end.
    pub(super) fn reg(&self, reg: Reg) -> Vid {
        self.top().regs[reg.index()]
    }

    /// The arguments of the helper's call made at a step.
    pub(super) fn arguments(&self, step: usize) -> Option<[Vid; 5]> {
        let at = self.calls.binary_search_by_key(&step, |c| c.0).ok()?;
        Some(self.calls[at].1)
    }

    /// The calls of helpers from a step on: step, prototype, arguments.
    pub(super) fn calls_from(&self, step: usize) -> impl Iterator<Item = (usize, &'a Proto, [Vid; 5])> {
        let unit = self.unit;
        let from = self.calls.partition_point(|c| c.0 < step);
        self.calls[from..].iter().filter_map(move |&(at, args)| {
            let Insn::Call(Callee::Helper(id)) = self.insn(at) else { return None };
            Some((at, &**unit.protos.get(*id)?, args))
        })
    }

    /// The instruction of a step.
    pub(super) fn insn(&self, step: usize) -> &'a Insn {
        &self.unit.code.insns()[self.path[step] as usize]
    }

    /// The value on the stack of frame `number` that covers byte `off`, if the path put one there.
    pub(super) fn slot(&self, number: u32, off: i64) -> Option<Vid> {
        let frame = self.frames.iter().find(|f| f.number == number)?;
        let (&at, &(vid, len)) = frame.slots.range(..=off).next_back()?;
        (off < at + len).then_some(vid)
    }

    /// The call that made the last frame; `None` in the outermost one.
    pub(super) fn calling(&self) -> Option<u32> {
        (self.frames.len() > 1).then(|| self.top().call)
    }

    /// What stands at an offset from `r10` of the last frame.
    pub(super) fn own_slot(&self, off: i64) -> Option<Vid> {
        self.slot(self.top().number, off)
    }

    fn top(&self) -> &Frame {
        // `of` makes a frame, and the last one is never left.
        &self.frames[self.frames.len() - 1]
    }

    fn top_mut(&mut self) -> &mut Frame {
        let top = self.frames.len() - 1;
        &mut self.frames[top]
    }

    fn make(&mut self, step: usize, how: How) -> Vid {
        self.values.push(Made { step, how });
        self.values.len() as u32 - 1
    }

    fn set(&mut self, step: usize, reg: Reg, how: How) {
        let vid = self.make(step, how);
        self.top_mut().regs[reg.index()] = vid;
    }

    fn enter(&mut self, step: usize, call: u32, args: impl Fn(&Self, Reg) -> How) {
        let unset = self.make(step, How::Unset);
        let mut regs = [unset; Reg::COUNT];
        for reg in Reg::ARGS {
            let how = args(self, reg);
            regs[reg.index()] = self.make(step, how);
        }
        let number = self.made_frames;
        self.made_frames += 1;
        regs[Reg::FP.index()] = self.make(step, How::Frame(number, 0));
        self.frames.push(Frame { regs, slots: BTreeMap::new(), number, call, entered: step });
    }

    fn operand(&mut self, step: usize, operand: Operand) -> Vid {
        match operand {
            Operand::Reg(reg) => self.reg(reg),
            Operand::Imm(imm) => self.make(step, How::Const(imm.into())),
        }
    }

    /// Replays a step that is not the last one.
    pub(super) fn step(&mut self, step: usize) {
        match *self.insn(step) {
            Insn::Alu { op, width, dst, src } => self.alu(step, op, width, dst, src),
            Insn::Unary { dst, .. } => self.set(step, dst, How::Unary(self.reg(dst))),
            Insn::LoadImm { dst, value } => self.set(step, dst, How::Const(value as i64)),
            Insn::LoadRef { dst, target } => self.set(step, dst, How::Ref(target)),
            Insn::Load { size, dst, base, off, .. } | Insn::LoadAcquire { size, dst, base, off } => {
                self.load(step, size, dst, base, off);
            }
            Insn::Store { size, base, off, src } => self.store(step, size, base, off, src),
            Insn::StoreRelease { size, base, off, src } => self.store(step, size, base, off, Operand::Reg(src)),
            Insn::Atomic { size, base, off, .. } => {
                let writes = Usage::of(self.insn(step), &self.unit.protos).writes;
                let base = self.reg(base);
                for reg in Reg::all().filter(|r| writes & 1 << r.index() != 0) {
                    self.set(step, reg, How::Load { base, off, size });
                }
            }
            Insn::PacketLoad { size, .. } => {
                self.set(step, Reg::R0, How::Load { base: self.reg(Reg::R6), off: 0, size });
            }
            Insn::Branch { cond, dst, src, target, .. } => {
                let (left, right) = (self.reg(dst), self.operand(step, src));
                let taken = self.path[step + 1] == target;
                let regs = self.top().regs;
                self.compared.push(Compared { step, cond, left, right, taken, regs });
            }
            Insn::Call(callee) => self.call(step, callee),
            Insn::Exit => self.exit(step),
            Insn::Jump { .. } | Insn::MayGoto { .. } | Insn::Poison(_) => {}
        }
    }

    fn alu(&mut self, step: usize, op: AluOp, width: Width, dst: Reg, src: Operand) {
        let (left, right) = (self.reg(dst), self.operand(step, src));
        let how = match (op, width, self.value(left).how, self.value(right).how) {
            (AluOp::Mov, Width::W64, _, _) => {
                self.top_mut().regs[dst.index()] = right;
                return;
            }
            (AluOp::Mov, Width::W32, _, How::Const(c)) => How::Const((c as u32).into()),
            (AluOp::Add, Width::W64, How::Frame(n, off), How::Const(c)) => How::Frame(n, off.wrapping_add(c)),
            (AluOp::Sub, Width::W64, How::Frame(n, off), How::Const(c)) => How::Frame(n, off.wrapping_sub(c)),
            (_, _, How::Const(a), How::Const(b)) => How::Const(op.eval(width, a as u64, b as u64) as i64),
            (_, _, _, _) => How::Alu { op, width, left, right },
        };
        self.set(step, dst, how);
    }

    fn load(&mut self, step: usize, size: Size, dst: Reg, base: Reg, off: i16) {
        let base = self.reg(base);
        if let How::Frame(number, at) = self.value(base).how
            && let Some(vid) = self.slot(number, at + i64::from(off))
        {
            self.top_mut().regs[dst.index()] = vid;
            return;
        }
        self.set(step, dst, How::Load { base, off, size });
    }

    fn store(&mut self, step: usize, size: Size, base: Reg, off: i16, src: Operand) {
        let (base, stored) = (self.reg(base), self.operand(step, src));
        if let How::Frame(number, at) = self.value(base).how {
            let (off, len) = (at + i64::from(off), i64::from(size.bytes()));
            self.written.push(Written { step, frame: number, off, len });
            self.put(number, off, len, stored);
        }
    }

    fn put(&mut self, number: u32, at: i64, len: i64, vid: Vid) {
        if let Some(frame) = self.frames.iter_mut().find(|f| f.number == number) {
            frame.slots.retain(|&o, &mut (_, l)| o + l <= at || o >= at + len);
            frame.slots.insert(at, (vid, len));
        }
    }

    fn call(&mut self, step: usize, callee: Callee) {
        let (at, next) = (self.path[step], self.path[step + 1]);
        match callee {
            Callee::Local(target) if next == target => {
                let regs = self.top().regs;
                self.enter(step, at, |_, _| How::Unset);
                for reg in Reg::ARGS {
                    self.top_mut().regs[reg.index()] = regs[reg.index()];
                }
            }
            Callee::Local(_) => self.returned(step, How::Function),
            Callee::Helper(id) => {
                self.calls.push((step, Reg::ARGS.map(|reg| self.reg(reg))));
                self.written(step, id);
                if next == at + 1 {
                    self.returned(step, How::Helper(id));
                } else {
                    self.enter_callback(step, at, id);
                }
            }
            Callee::Kfunc(_) | Callee::Symbol(_) | Callee::Reg(_) => self.returned(step, How::Function),
        }
    }

    fn enter_callback(&mut self, step: usize, at: u32, id: u32) {
        let ctx = self.unit.protos.get(id).and_then(|proto| {
            let kind =
                proto.args.iter().find_map(|a| if let ArgKind::Callback(kind) = a.kind { Some(kind) } else { None })?;
            let from = proto.args.iter().position(|a| a.kind == ArgKind::CallbackCtx)?;
            let to = match kind {
                CallbackKind::Loop => Reg::R2,
                CallbackKind::ForEachMapElem => Reg::R4,
            };
            Some((to, self.reg(*Reg::ARGS.get(from)?)))
        });
        // Made where the callback begins: its first line has the names.
        self.enter(step + 1, at, |_, reg| How::Callback(id, reg));
        if let Some((reg, vid)) = ctx {
            self.top_mut().regs[reg.index()] = vid;
        }
    }

    fn returned(&mut self, step: usize, result: How) {
        for reg in Reg::ARGS {
            self.set(step, reg, How::Lost);
        }
        self.set(step, Reg::R0, result);
    }

    /// Stack bytes that a helper fills in.
    fn written(&mut self, step: usize, id: u32) {
        let Some(proto) = self.unit.protos.get(id).cloned() else { return };
        for (index, (arg, reg)) in proto.args.iter().zip(Reg::ARGS).enumerate() {
            let ArgKind::Mem { access: MemUse::Write | MemUse::ReadWrite, len, .. } = arg.kind else { continue };
            let How::Frame(number, at) = self.value(self.reg(reg)).how else { continue };
            let len = match (len, Reg::ARGS.get(index + 1)) {
                (stingless_abi::MemLen::Fixed { size, .. }, _) => i64::from(size),
                (stingless_abi::MemLen::Next, Some(&next)) => match self.value(self.reg(next)).how {
                    How::Const(len) => len,
                    _ => continue,
                },
                (stingless_abi::MemLen::Next, None) => continue,
            };
            let vid = self.make(step, How::Filled(id));
            self.written.push(Written { step, frame: number, off: at, len });
            self.put(number, at, len, vid);
        }
    }

    fn exit(&mut self, step: usize) {
        let r0 = self.reg(Reg::R0);
        if self.frames.len() < 2 {
            return;
        }
        let Some(left) = self.frames.pop() else { return };
        let next = self.path[step + 1];
        let local = matches!(self.unit.code.insns()[left.call as usize], Insn::Call(Callee::Local(_)));
        if next == left.call {
            self.callbacks.push((left.entered, step));
            return;
        }
        self.returned(step, How::Function);
        if local {
            self.top_mut().regs[0] = r0;
        }
    }

    /// The value without zero- and sign-extensions and without constants added: what a person would name.
    pub(super) fn root(&self, mut vid: Vid) -> Vid {
        loop {
            let How::Alu { op, left, right, .. } = self.value(vid).how else { return vid };
            let by_constant = matches!(self.value(right).how, How::Const(_));
            vid = match op {
                AluOp::Mov | AluOp::Movsx8 | AluOp::Movsx16 | AluOp::Movsx32 => right,
                AluOp::Add | AluOp::Sub | AluOp::Lsh | AluOp::Rsh | AluOp::Arsh | AluOp::And if by_constant => left,
                AluOp::Add | AluOp::Sub if self.is_pointer(left) => left,
                AluOp::Add if self.is_pointer(right) => right,
                AluOp::Mul | AluOp::Div | AluOp::Mod if by_constant => left,
                _ => return vid,
            };
        }
    }

    /// Whether a value is a pointer, as far as its making tells.
    pub(super) fn is_pointer(&self, vid: Vid) -> bool {
        match self.value(vid).how {
            How::Frame(..) | How::Ref(_) => true,
            How::Entry(reg) => reg == Reg::R1,
            How::Callback(_, reg) => reg != Reg::R1,
            How::Helper(id) => self.unit.protos.get(id).is_some_and(|p| match p.ret {
                Ret::MapValueOrNull
                | Ret::MapValueMaybe
                | Ret::AcquiredOrNull { .. }
                | Ret::ElementOrNull { .. }
                | Ret::HostOrNull { .. }
                | Ret::ViewOrNull { .. } => true,
                Ret::Void | Ret::Scalar { .. } => false,
            }),
            How::Load { base, off, .. } => self.ctx_pointer(base, off),
            How::Alu { op: AluOp::Add, width: Width::W64, left, right } => {
                self.is_pointer(left) || self.is_pointer(right)
            }
            How::Alu { op: AluOp::Sub, width: Width::W64, left, right } => {
                self.is_pointer(left) && !self.is_pointer(right)
            }
            How::Alu { .. }
            | How::Unset
            | How::Lost
            | How::Const(_)
            | How::Function
            | How::Filled(_)
            | How::Unary(_) => false,
        }
    }

    /// Whether a load at `base + off` reads a pointer of the context.
    fn ctx_pointer(&self, base: Vid, off: i16) -> bool {
        let (How::Entry(Reg::R1), Some(layout)) = (self.value(base).how, self.unit.hook.ctx()) else { return false };
        let scalar = |f: &stingless_abi::CtxField| matches!(f.kind, stingless_abi::FieldKind::Scalar { .. });
        layout.field_at(off.into()).is_some_and(|f| !scalar(f))
    }

    /// The variable part that was added to a pointer last, with the pointer, the bytes added beside it, and the factor
    /// that it was multiplied by: `p + 8 * i + 4` gives `(p, i, 4, 8)`.
    pub(super) fn indexed(&self, vid: Vid) -> Option<Indexed> {
        let (mut vid, mut fixed) = (vid, 0i64);
        loop {
            let How::Alu { op, width: Width::W64, left, right } = self.value(vid).how else { return None };
            match (op, self.value(right).how) {
                (AluOp::Add, How::Const(c)) => fixed = fixed.wrapping_add(c),
                (AluOp::Sub, How::Const(c)) => fixed = fixed.wrapping_sub(c),
                (AluOp::Add, _) => {
                    let (pointer, number) = if self.is_pointer(left) { (left, right) } else { (right, left) };
                    let (index, scale) = self.scaled(number);
                    return self.is_pointer(pointer).then_some(Indexed { pointer, index, fixed, scale });
                }
                (_, _) => return None,
            }
            vid = left;
        }
    }

    /// A number without the constant that it was multiplied by.
    pub(super) fn scaled(&self, mut vid: Vid) -> (Vid, i64) {
        let mut scale = 1i64;
        loop {
            let How::Alu { op, left, right, .. } = self.value(vid).how else { return (vid, scale) };
            match (op, self.value(right).how) {
                (AluOp::Mov, _) => vid = right,
                // `x <<= 32; x >>= 32` only cuts off the upper half.
                (AluOp::Rsh | AluOp::Arsh, How::Const(32)) if self.is_shifted(left) => {
                    let How::Alu { left, .. } = self.value(left).how else { return (vid, scale) };
                    vid = left;
                }
                (AluOp::Lsh, How::Const(c @ 1..=16)) => (vid, scale) = (left, scale << c),
                (AluOp::Mul, How::Const(c @ 1..=65536)) if scale < 1 << 32 => (vid, scale) = (left, scale * c),
                (_, _) => return (vid, scale),
            }
        }
    }

    fn is_shifted(&self, vid: Vid) -> bool {
        match self.value(vid).how {
            How::Alu { op: AluOp::Lsh, right, .. } => self.value(right).how == How::Const(32),
            _ => false,
        }
    }

    /// The registers that held a value, or one with the same root, at a branch.
    pub(super) fn holders(&self, compared: &Compared, vid: Vid) -> u16 {
        let root = self.root(vid);
        let held = compared.regs.iter().enumerate().filter(|&(_, &v)| self.root(v) == root);
        held.fold(0, |set, (reg, _)| set | 1 << reg)
    }

    /// The last branch that compared a value, or one that has the same root.
    pub(super) fn last_compared(&self, vid: Vid) -> Option<Compared> {
        let root = self.root(vid);
        self.compared.iter().rev().find(|c| self.root(c.left) == root || self.root(c.right) == root).copied()
    }
}

/// A pointer plus `scale * index + fixed`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Indexed {
    pub(super) pointer: Vid,
    pub(super) index: Vid,
    pub(super) fixed: i64,
    pub(super) scale: i64,
}
