//! What is decided before the first byte: frames, who can trap, who is a callback, how deep the native stack goes.

use stingless_isa::{AtomicOp, Callee, Insn, Ref, Reg};

use crate::CompileError;
use crate::machine::Machine;
use crate::program::Program;

/// Decisions for a whole program.
#[derive(Debug)]
pub(crate) struct Plan {
    /// One per subprogram.
    pub(crate) frames: Vec<Frame>,
    /// Some run may raise a trap: entries need a landing.
    pub(crate) traps: bool,
    /// The code reads the pinned `VmCtx`.
    pub(crate) uses_vm: bool,
    /// Which instructions are jumped to.
    pub(crate) targets: Vec<bool>,
    /// Which subprograms are called back: each gets an entry of its own.
    pub(crate) callbacks: Vec<bool>,
}

/// What a subprogram's frame must hold.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Frame {
    /// Bytes of BPF stack, a multiple of 16.
    pub(crate) stack: u32,
    /// `r10` is read.
    pub(crate) fp: bool,
    /// Registers of `r6`..=`r9` that it writes and must give back.
    pub(crate) saves: Vec<Reg>,
    /// It needs the hidden counter of `may_goto`.
    pub(crate) may_goto: bool,
    /// It makes tail calls, and keeps `r1` across the look-up.
    pub(crate) tail_call: bool,
    /// It calls something: the native stack must be aligned.
    pub(crate) calls: bool,
    /// The BPF stack starts zeroed.
    pub(crate) zero: bool,
}

impl Plan {
    /// Looks at each instruction once.
    pub(crate) fn new(program: &Program) -> Result<Plan, CompileError> {
        let code = &program.unit.code;
        let checks = program.options.deadline_checks;
        let mut plan = Plan {
            frames: Vec::with_capacity(code.subprogs().len()),
            traps: checks,
            uses_vm: checks,
            targets: vec![false; code.len()],
            callbacks: vec![false; code.subprogs().len()],
        };
        for (index, sub) in code.subprogs().iter().enumerate() {
            let stack = program.stack_depth(index).next_multiple_of(16);
            let mut frame = Frame { stack, calls: checks, zero: program.options.zero_stack, ..Frame::default() };
            let mut written = [false; Reg::COUNT];
            for at in sub.start..sub.end {
                if !program.dead(at) {
                    plan.look_at(program, at, &mut frame, &mut written)?;
                }
            }
            frame.saves = (6..=9).filter_map(Reg::new).filter(|r| written[r.index()]).collect();
            if !frame.fp {
                frame.stack = 0;
            }
            plan.frames.push(frame);
        }
        Ok(plan)
    }

    fn look_at(
        &mut self,
        program: &Program,
        at: u32,
        frame: &mut Frame,
        written: &mut [bool; Reg::COUNT],
    ) -> Result<(), CompileError> {
        let insn = &program.insns()[at as usize];
        if let Some(target) = insn.target() {
            self.targets[target as usize] = true;
        }
        if let Some(dst) = writes(insn) {
            if dst == Reg::FP {
                return Err(CompileError::WritesFramePointer { slot: program.slot(at) });
            }
            written[dst.index()] = true;
        }
        frame.fp |= reads_fp(insn);
        match *insn {
            Insn::MayGoto { .. } => frame.may_goto = true,
            Insn::Call(callee) => self.look_at_call(program, at, callee, frame)?,
            Insn::LoadRef { target: Ref::Func(start), .. } => {
                self.callbacks[program.unit.code.subprog_of(start as usize)] = true;
                self.uses_vm = true;
                // A callback without a landing would let a trap below it skip the frames of the helper that calls back.
                self.traps = true;
            }
            Insn::Poison(_) => {
                frame.calls = true;
                self.uses_vm = true;
                self.traps = true;
            }
            Insn::LoadRef { target: Ref::Map(_) | Ref::MapValue { .. } | Ref::Symbol(_), .. }
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
            | Insn::Exit => {}
        }
        Ok(())
    }

    fn look_at_call(
        &mut self,
        program: &Program,
        at: u32,
        callee: Callee,
        frame: &mut Frame,
    ) -> Result<(), CompileError> {
        frame.calls = true;
        match callee {
            Callee::Local(_) => {}
            Callee::Helper(id) => {
                let effects = program.proto(at, id)?.effects;
                self.uses_vm = true;
                self.traps |= effects.may_trap || effects.throws || effects.tail_call;
                frame.tail_call |= effects.tail_call;
            }
            Callee::Reg(_) if program.assumed => {
                self.uses_vm = true;
                self.traps = true;
            }
            Callee::Reg(_) => return Err(CompileError::IndirectCall { slot: program.slot(at) }),
            Callee::Kfunc(_) | Callee::Symbol(_) => {
                return Err(CompileError::Unresolved { slot: program.slot(at) });
            }
        }
        Ok(())
    }

    /// Native stack bytes of the deepest call chain, the frames that tail calls leave behind included. Callbacks count with
    /// their entry; what helpers take themselves does not.
    ///
    /// # Errors
    /// [`CompileError::NativeStack`] over the limit.
    pub(crate) fn stack_bytes<M: Machine>(&self, program: &Program) -> Result<u32, CompileError> {
        let limits = &program.options.limits;
        let edges = self.edges::<M>(program);
        let bytes: Vec<u64> = self.frames.iter().map(|f| u64::from(M::frame_bytes(f))).collect();
        // Bytes above a subprogram's frame, over chains of a growing number of frames: linear in calls, times the frames
        // allowed, whatever the shape of the call graph.
        let mut above: Vec<Option<u64>> = vec![None; bytes.len()];
        // Without a `VmCtx` the body is its own entry, and its frame counts the return address already.
        let entry = if self.uses_vm { u64::from(M::ENTRY_BYTES) } else { 0 };
        above[0] = Some(entry);
        let (mut deepest, mut left_behind) = (0, 0);
        for _ in 0..limits.frames {
            let mut next = vec![None; bytes.len()];
            for (sub, over) in above.iter().enumerate() {
                let Some(over) = *over else { continue };
                let frame = &self.frames[sub];
                let below = if frame.calls { u64::from(M::CALL_BYTES) } else { 0 };
                deepest = deepest.max(over + bytes[sub] + below);
                if frame.tail_call {
                    left_behind = left_behind.max(over - entry);
                }
                for &(callee, extra) in &edges[sub] {
                    next[callee] = next[callee].max(Some(over + bytes[sub] + u64::from(extra)));
                }
            }
            above = next;
        }
        let total = deepest + left_behind * u64::from(limits.tail_calls);
        let limit = limits.native_stack;
        u32::try_from(total).ok().filter(|&t| t <= limit).ok_or(CompileError::NativeStack { bytes: total, limit })
    }

    /// Who each subprogram calls, and the bytes between the two frames.
    fn edges<M: Machine>(&self, program: &Program) -> Vec<Vec<(usize, u32)>> {
        let code = &program.unit.code;
        let mut edges = vec![Vec::new(); self.frames.len()];
        for (index, sub) in code.subprogs().iter().enumerate() {
            let out = &mut edges[index];
            for at in (sub.start..sub.end).filter(|&at| !program.dead(at)) {
                let insn = &code.insns()[at as usize];
                if let Insn::Call(Callee::Local(start)) = insn {
                    out.push((code.subprog_of(*start as usize), 0));
                }
                if let Insn::LoadRef { target: Ref::Func(start), .. } = insn {
                    out.push((code.subprog_of(*start as usize), M::ENTRY_BYTES + M::CALL_BYTES));
                }
            }
            out.sort_unstable();
            out.dedup();
        }
        edges
    }
}

/// The register that an instruction writes, calls apart.
fn writes(insn: &Insn) -> Option<Reg> {
    match *insn {
        Insn::Alu { dst, .. }
        | Insn::Unary { dst, .. }
        | Insn::LoadImm { dst, .. }
        | Insn::LoadRef { dst, .. }
        | Insn::Load { dst, .. }
        | Insn::LoadAcquire { dst, .. } => Some(dst),
        Insn::Atomic { op: AtomicOp::Cmpxchg, .. } | Insn::PacketLoad { .. } => Some(Reg::R0),
        Insn::Atomic { op, src, .. } => op.fetches().then_some(src),
        Insn::Store { .. }
        | Insn::StoreRelease { .. }
        | Insn::Jump { .. }
        | Insn::Branch { .. }
        | Insn::MayGoto { .. }
        | Insn::Call(_)
        | Insn::Exit
        | Insn::Poison(_) => None,
    }
}

/// Whether an instruction reads `r10`.
fn reads_fp(insn: &Insn) -> bool {
    use stingless_isa::Operand;
    let is_fp = |o: Operand| o == Operand::Reg(Reg::FP);
    match *insn {
        Insn::Alu { src, .. } => is_fp(src),
        Insn::Branch { dst, src, .. } => dst == Reg::FP || is_fp(src),
        Insn::Load { base, .. } | Insn::LoadAcquire { base, .. } => base == Reg::FP,
        Insn::Store { base, src, .. } => base == Reg::FP || is_fp(src),
        Insn::Atomic { base, src, .. } | Insn::StoreRelease { base, src, .. } => base == Reg::FP || src == Reg::FP,
        Insn::PacketLoad { index, .. } => index == Some(Reg::FP),
        Insn::Call(callee) => callee == Callee::Reg(Reg::FP),
        Insn::Unary { .. }
        | Insn::LoadImm { .. }
        | Insn::LoadRef { .. }
        | Insn::Jump { .. }
        | Insn::MayGoto { .. }
        | Insn::Exit
        | Insn::Poison(_) => false,
    }
}
