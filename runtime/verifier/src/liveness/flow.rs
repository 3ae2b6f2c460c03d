//! Forward pass over one subprogram: which registers hold `r10` plus a constant, and where stack pointers get to.

use std::collections::VecDeque;

use stingless_abi::{ArgKind, CallbackKind, Proto};
use stingless_isa::{Callee, Insn, Operand, Reg, Size};
use stingless_object::Unit;

use super::Summary;
use super::effect::Effect;
use super::value::{Regs, Taint, Val};
use crate::cfg::Cfg;
use crate::usage::{Usage, first_args};

/// What is known at each block's start, and of memory as a whole.
#[derive(Debug)]
pub(super) struct Flow<'a> {
    pub(super) unit: &'a Unit,
    pub(super) cfg: &'a Cfg,
    pub(super) sub: usize,
    summaries: &'a [Summary],
    /// By block, from the subprogram's first one; `None` where the pass has not been yet.
    entry: Vec<Option<Regs>>,
    first_block: usize,
    /// What was stored to this frame, anywhere in the subprogram.
    own: Taint,
    /// What was stored elsewhere.
    outside: Taint,
    returned: Taint,
}

impl<'a> Flow<'a> {
    pub(super) fn run(unit: &'a Unit, cfg: &'a Cfg, summaries: &'a [Summary], sub: usize) -> Flow<'a> {
        let blocks = cfg.post_order(sub).len();
        let first_block = cfg.block_of(unit.code.subprogs()[sub].start as usize);
        let mut flow = Flow {
            unit,
            cfg,
            sub,
            summaries,
            entry: vec![None; blocks],
            first_block,
            own: Taint::NONE,
            outside: Taint::NONE,
            returned: Taint::NONE,
        };
        // What memory holds is known only at the end, and what is loaded depends on it: at most 14 rounds, mostly one.
        loop {
            let before = (flow.own, flow.outside);
            flow.propagate();
            if before == (flow.own, flow.outside) {
                return flow;
            }
        }
    }

    /// What callers must take as stored outside of the frame.
    pub(super) fn escapes(&self) -> Taint {
        self.outside.only(Taint::CALLERS)
    }

    /// What callers must take as returned.
    pub(super) fn returns(&self) -> Taint {
        self.returned.only(Taint::CALLERS)
    }

    /// The address of the frame was stored where this pass cannot follow it: all slots are always live.
    pub(super) fn lost(&self) -> bool {
        self.outside.meets(Taint::FRAME)
    }

    /// Registers at the start of a block.
    pub(super) fn at_block(&self, block: usize) -> Regs {
        self.entry[block - self.first_block].unwrap_or_else(Regs::entry)
    }

    /// One round over all blocks. What earlier rounds found stays: it can only grow.
    fn propagate(&mut self) {
        self.entry[0] = Some(Regs::entry());
        let mut queued = vec![true; self.entry.len()];
        let order = self.cfg.post_order(self.sub).iter().rev();
        let mut work: VecDeque<usize> = order.map(|&block| block as usize - self.first_block).collect();
        while let Some(at) = work.pop_front() {
            queued[at] = false;
            let block = self.cfg.blocks()[self.first_block + at];
            let Some(mut regs) = self.entry[at] else { continue };
            for insn in block.start..block.end {
                self.note(insn as usize, &regs);
                self.step(insn as usize, &mut regs);
            }
            for succ in block.succs() {
                let succ = succ as usize - self.first_block;
                let changed = match &mut self.entry[succ] {
                    Some(known) => known.join(&regs),
                    none => none.replace(regs).is_none(),
                };
                if changed && !std::mem::replace(&mut queued[succ], true) {
                    work.push_back(succ);
                }
            }
        }
    }

    /// Moves the registers over an instruction.
    pub(super) fn step(&self, at: usize, regs: &mut Regs) {
        let insn = &self.unit.code.insns()[at];
        if regs.compute(insn).is_some() {
            return;
        }
        match *insn {
            Insn::Load { size, dst, base, .. } | Insn::LoadAcquire { size, dst, base, .. } => {
                regs.set(dst, self.loaded(size, regs.get(base)));
            }
            Insn::Atomic { size, base, .. } => {
                let old = self.loaded(size, regs.get(base));
                let writes = Usage::of(insn, &self.unit.protos).writes;
                Reg::all().filter(|r| writes & 1 << r.index() != 0).for_each(|r| regs.set(r, old));
            }
            Insn::PacketLoad { .. } => regs.set(Reg::R0, Val::UNKNOWN),
            Insn::Call(callee) => {
                let result = self.result(callee, regs);
                Reg::ARGS.into_iter().for_each(|r| regs.set(r, Val::UNKNOWN));
                regs.set(Reg::R0, Val::Other(result));
            }
            Insn::Store { .. } | Insn::StoreRelease { .. } => {}
            Insn::Alu { .. }
            | Insn::Unary { .. }
            | Insn::LoadImm { .. }
            | Insn::LoadRef { .. }
            | Insn::Jump { .. }
            | Insn::Branch { .. }
            | Insn::MayGoto { .. }
            | Insn::Exit
            | Insn::Poison(_) => {}
        }
    }

    /// What a load gives: pointers are loaded whole.
    fn loaded(&self, size: Size, base: Val) -> Val {
        match size {
            Size::DW => Val::Other(self.memory(base.taint())),
            Size::B | Size::H | Size::W => Val::UNKNOWN,
        }
    }

    /// What memory that a pointer of this origin leads to may hold.
    fn memory(&self, pointer: Taint) -> Taint {
        let callers = if pointer.meets(Taint::CALLERS) { Taint::LOADED } else { Taint::NONE };
        self.own.and(self.outside).and(callers)
    }

    /// What a call returns.
    fn result(&self, callee: Callee, regs: &Regs) -> Taint {
        let Callee::Local(target) = callee else { return Taint::NONE };
        self.translate(self.summary(target).returns, regs)
    }

    /// What a callee's taint means here, given the registers that it gets.
    fn translate(&self, taint: Taint, regs: &Regs) -> Taint {
        let mut here = Taint::NONE;
        for (i, arg) in Reg::ARGS.into_iter().enumerate() {
            let passed = regs.get(arg).taint();
            if taint.meets(Taint::arg(i)) {
                here = here.and(passed);
            }
            if taint.meets(Taint::LOADED) {
                here = here.and(self.memory(passed));
            }
        }
        here
    }

    fn summary(&self, target: u32) -> Summary {
        self.summaries[self.unit.code.subprog_of(target as usize)]
    }

    /// Notes what an instruction stores, passes on or returns.
    fn note(&mut self, at: usize, regs: &Regs) {
        match self.unit.code.insns()[at] {
            Insn::Store { size: Size::DW, base, src: Operand::Reg(src), .. }
            | Insn::StoreRelease { size: Size::DW, base, src, .. }
            | Insn::Atomic { size: Size::DW, base, src, .. } => self.note_store(regs.get(base), regs.get(src)),
            Insn::Call(Callee::Local(target)) => {
                let stored = self.translate(self.summary(target).escapes, regs);
                self.outside = self.outside.and(stored);
            }
            Insn::Call(Callee::Helper(id)) => {
                let protos = &self.unit.protos;
                let stored = match protos.get(id) {
                    Some(proto) => self.kept_by_callback(proto, regs),
                    None => Reg::ARGS.into_iter().fold(Taint::NONE, |all, r| all.and(regs.get(r).taint())),
                };
                self.outside = self.outside.and(stored);
            }
            Insn::Exit => self.returned = self.returned.and(regs.get(Reg::R0).taint()),
            Insn::Store { .. }
            | Insn::StoreRelease { .. }
            | Insn::Atomic { .. }
            | Insn::Call(Callee::Kfunc(_) | Callee::Symbol(_) | Callee::Reg(_))
            | Insn::Alu { .. }
            | Insn::Unary { .. }
            | Insn::LoadImm { .. }
            | Insn::LoadRef { .. }
            | Insn::Load { .. }
            | Insn::LoadAcquire { .. }
            | Insn::PacketLoad { .. }
            | Insn::Jump { .. }
            | Insn::Branch { .. }
            | Insn::MayGoto { .. }
            | Insn::Poison(_) => {}
        }
    }

    fn note_store(&mut self, base: Val, src: Val) {
        let base = base.taint();
        if base.meets(Taint::FRAME) {
            self.own = self.own.and(src.taint());
        }
        if base.meets(Taint::CALLERS) || base == Taint::NONE {
            self.outside = self.outside.and(src.taint());
        }
    }

    /// What the callback of a helper's call may store of the context it is given.
    fn kept_by_callback(&self, proto: &Proto, regs: &Regs) -> Taint {
        let mut func = None;
        let mut passed = Taint::NONE;
        for (arg, reg) in proto.args.iter().zip(Reg::ARGS) {
            match arg.kind {
                ArgKind::Callback(kind) => func = Some((kind, regs.get(reg))),
                ArgKind::CallbackCtx => passed = regs.get(reg).taint(),
                _ => {}
            }
        }
        let Some((kind, func)) = func else { return Taint::NONE };
        let Val::Func(target) = func else { return passed.and(self.memory(passed)) };
        let escapes = self.summary(target).escapes;
        let kept = if escapes.meets(callback_ctx(kind)) { passed } else { Taint::NONE };
        if escapes.meets(Taint::LOADED) { kept.and(self.memory(passed)) } else { kept }
    }

    /// Which slots an instruction reads and overwrites.
    pub(super) fn effect(&self, at: usize, regs: &Regs) -> Effect {
        match self.unit.code.insns()[at] {
            Insn::Load { size, base, off, .. }
            | Insn::LoadAcquire { size, base, off, .. }
            | Insn::Atomic { size, base, off, .. } => Effect::load(regs.get(base), off, size),
            Insn::Store { size, base, off, .. } | Insn::StoreRelease { size, base, off, .. } => {
                Effect::store(regs.get(base), off, size)
            }
            Insn::Call(Callee::Local(target)) => {
                let sub = self.unit.code.subprog_of(target as usize);
                let args = self.unit.funcs.get(sub).map_or(&[][..], |f| &f.args);
                Effect::local(args, self.summaries[sub].live_in, regs)
            }
            Insn::Call(Callee::Helper(id)) => match self.unit.protos.get(id) {
                Some(proto) => Effect::helper(self.unit, proto, regs),
                None => Effect::ALL,
            },
            Insn::Call(Callee::Kfunc(_) | Callee::Symbol(_) | Callee::Reg(_)) => Effect::ALL,
            Insn::Alu { .. }
            | Insn::Unary { .. }
            | Insn::LoadImm { .. }
            | Insn::LoadRef { .. }
            | Insn::PacketLoad { .. }
            | Insn::Jump { .. }
            | Insn::Branch { .. }
            | Insn::MayGoto { .. }
            | Insn::Exit
            | Insn::Poison(_) => Effect::default(),
        }
    }

    /// Which registers an instruction reads and writes; for calls of subprograms, by the callee's own liveness.
    pub(super) fn usage(&self, at: usize) -> Usage {
        let insn = &self.unit.code.insns()[at];
        let usage = Usage::of(insn, &self.unit.protos);
        let Insn::Call(Callee::Local(target)) = insn else { return usage };
        let sub = self.unit.code.subprog_of(*target as usize);
        // A global function's arguments are checked against their types, whether it reads them or not.
        let typed = first_args(self.unit.funcs.get(sub).map_or(0, |f| f.args.len()));
        Usage { reads: usage.reads & (self.summaries[sub].live_in | typed), ..usage }
    }
}

/// Which of the callback's arguments is the context that the helper was given.
fn callback_ctx(kind: CallbackKind) -> Taint {
    match kind {
        CallbackKind::Loop | CallbackKind::UserRing => Taint::arg(1),
        CallbackKind::ForEachMapElem => Taint::arg(3),
    }
}
