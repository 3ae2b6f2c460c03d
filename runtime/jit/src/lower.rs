//! The walk over the instructions: what each one asks of the machine.

use stingless_abi::{CtxField, CtxLayout, FieldKind, Lowered, NativeOp, TrapKind};
use stingless_isa::{AluOp, AtomicOp, Callee, Insn, Operand, Ref, Reg, Size};
use stingless_verifier::{Access, Facts};

use crate::CompileError;
use crate::blob::{CodeBlob, Target};
use crate::machine::{Charge, Compare, Goto, HelperCall, Machine, Mem, Origin, PacketLoad};
use crate::plan::Plan;
use crate::program::Program;

/// Compiles a program for a machine, in one pass.
pub(crate) fn lower<M: Machine>(program: &Program) -> Result<CodeBlob, CompileError> {
    let plan = Plan::new(program)?;
    let stack_bytes = plan.stack_bytes::<M>(program)?;
    let machine = M::new(&plan, program.options);
    let mut lowering = Lowering { program, machine, sub: 0 };
    for (index, sub) in program.unit.code.subprogs().iter().enumerate() {
        lowering.sub = index;
        let charge = lowering.charge(sub.end - sub.start, sub.start);
        lowering.machine.begin(index, &plan.frames[index], charge);
        for at in sub.start..sub.end {
            lowering.insn(at)?;
        }
        lowering.machine.end();
    }
    let mut blob = lowering.machine.finish(&plan)?;
    blob.stack_bytes = stack_bytes;
    Ok(blob)
}

struct Lowering<'a, M> {
    program: &'a Program<'a>,
    machine: M,
    /// Index of the current subprogram.
    sub: usize,
}

/// What a memory instruction comes to.
enum Place {
    /// Native memory.
    At(Mem),
    /// A context field that nothing stands behind.
    Zero,
}

impl<M: Machine> Lowering<'_, M> {
    fn insn(&mut self, at: u32) -> Result<(), CompileError> {
        self.machine.bind(at);
        if self.program.dead(at) {
            self.machine.unreachable();
            return Ok(());
        }
        match self.program.insns()[at as usize] {
            Insn::Alu { op, width, dst, src } => {
                let divides = matches!(op, AluOp::Div | AluOp::Sdiv | AluOp::Mod | AluOp::Smod);
                self.machine.alu(op, width, dst, src, divides && self.program.nonzero(at, width));
            }
            Insn::Unary { op, width, dst } => self.machine.unary(op, width, dst),
            Insn::LoadImm { dst, value } => self.machine.load_imm(dst, value, Origin::Plugin),
            Insn::LoadRef { dst, target } => self.load_ref(at, dst, target)?,
            Insn::Load { size, signed, dst, base, off } => {
                let mem = Mem { base, off: off.into(), size };
                self.load(at, dst, mem, signed)?;
            }
            Insn::Store { size, base, off, src } => self.store(at, Mem { base, off: off.into(), size }, src)?,
            Insn::Atomic { op, size, base, off, src } => {
                self.atomic(at, op, Mem { base, off: off.into(), size }, src)?;
            }
            Insn::LoadAcquire { size, dst, base, off } => {
                let mem = self.native(at, Mem { base, off: off.into(), size })?;
                self.machine.load_acquire(dst, mem);
            }
            Insn::StoreRelease { size, base, off, src } => {
                let mem = self.native(at, Mem { base, off: off.into(), size })?;
                self.machine.store_release(mem, src);
            }
            Insn::PacketLoad { size, index, off } => self.packet_load(at, size, index, off)?,
            Insn::Jump { target, .. } => {
                let to = self.goto(at, target);
                self.machine.jump(to);
            }
            Insn::Branch { cond, width, dst, src, target } => {
                self.branch(at, Compare { cond, width, dst, src }, target);
            }
            Insn::MayGoto { target } => {
                let to = self.goto(at, target);
                self.machine.may_goto(to);
            }
            Insn::Call(callee) => self.call(at, callee)?,
            Insn::Exit => self.machine.exit(),
            Insn::Poison(_) => self.machine.trap(at, TrapKind::Poison),
        }
        Ok(())
    }

    /// A charge, where the program carries deadline checks.
    fn charge(&self, steps: u32, insn: u32) -> Option<Charge> {
        self.program.options.deadline_checks.then_some(Charge { steps, insn })
    }

    /// A jump; going back pays for what may run until the same jump comes again. Between two charges instructions run in
    /// rising order, so entries and back-edges together pay for every step.
    fn goto(&self, at: u32, target: u32) -> Goto {
        let charge = if target <= at { self.charge(at - target + 1, at) } else { None };
        Goto { target, charge }
    }

    fn branch(&mut self, at: u32, compare: Compare, target: u32) {
        let to = self.goto(at, target);
        match self.program.decided(at) {
            Some(true) => self.machine.jump(to),
            Some(false) => {}
            None => self.machine.branch(compare, to),
        }
    }

    fn load_ref(&mut self, at: u32, dst: Reg, target: Ref) -> Result<(), CompileError> {
        match target {
            Ref::Map(map) => self.machine.load_target(dst, Target::Map(map)),
            Ref::MapValue { map, off } => self.machine.load_target(dst, Target::MapValue { map, off }),
            Ref::Func(start) => self.machine.load_func(dst, self.program.unit.code.subprog_of(start as usize)),
            Ref::Symbol(_) => return Err(CompileError::Unresolved { slot: self.program.slot(at) }),
        }
        Ok(())
    }

    fn load(&mut self, at: u32, dst: Reg, mem: Mem, signed: bool) -> Result<(), CompileError> {
        match self.place(at, mem, false)? {
            Place::At(native) if signed && native.size != mem.size => Err(self.bad_form(at, mem)),
            Place::At(native) => {
                self.machine.load(dst, native, signed);
                Ok(())
            }
            Place::Zero => {
                self.machine.load_imm(dst, 0, Origin::Compiler);
                Ok(())
            }
        }
    }

    fn store(&mut self, at: u32, mem: Mem, src: Operand) -> Result<(), CompileError> {
        match self.place(at, mem, true)? {
            Place::At(native) if native.size != mem.size => Err(self.bad_form(at, mem)),
            Place::At(native) => {
                self.machine.store(native, src);
                Ok(())
            }
            Place::Zero => Ok(()),
        }
    }

    fn atomic(&mut self, at: u32, op: AtomicOp, mem: Mem, src: Reg) -> Result<(), CompileError> {
        let mem = self.native(at, mem)?;
        self.machine.atomic(op, mem, src);
        Ok(())
    }

    /// An access that contexts do not take.
    fn native(&self, at: u32, mem: Mem) -> Result<Mem, CompileError> {
        match self.program.access(at) {
            Some(Access::Ctx) => return Err(self.bad_form(at, mem)),
            None if !self.program.assumed => {
                return Err(CompileError::MissingFact { slot: self.program.slot(at), fact: "access" });
            }
            None => {}
            Some(Access::Stack | Access::Data | Access::MapValue(_) | Access::Mem | Access::Mixed) => {}
        }
        self.within_frame(at, mem)?;
        Ok(mem)
    }

    /// Where a load or store really goes.
    fn place(&self, at: u32, mem: Mem, write: bool) -> Result<Place, CompileError> {
        if self.program.access(at) != Some(Access::Ctx) {
            return self.native(at, mem).map(Place::At);
        }
        let virtual_off = self.program.ctx_off(at)?;
        let layout = self.program.unit.hook.ctx().ok_or_else(|| self.bad_form(at, mem))?;
        let refused =
            |error| CompileError::Ctx { slot: self.program.slot(at), off: virtual_off.into(), size: mem.size, error };
        let (_, lowered): (&CtxField, Lowered) = layout.access(virtual_off.into(), mem.size, write).map_err(refused)?;
        // The base lies `virtual_off - mem.off` past the context's start, in the plugin's view and so in registers.
        let off = i64::from(lowered.off) - (i64::from(virtual_off) - i64::from(mem.off));
        let off = i32::try_from(off).map_err(|_| self.bad_form(at, mem))?;
        Ok(match lowered.op {
            NativeOp::Pointer if write => return Err(self.bad_form(at, mem)),
            NativeOp::Plain | NativeOp::Pointer => Place::At(Mem { base: mem.base, off, size: lowered.size }),
            NativeOp::Zero => Place::Zero,
        })
    }

    /// A second look at a constant `r10` access: the frame is as small as the proof says.
    fn within_frame(&self, at: u32, mem: Mem) -> Result<(), CompileError> {
        let frame = self.program.stack_depth(self.sub);
        let end = mem.off + mem.size.bytes() as i32;
        if self.program.assumed || mem.base != Reg::FP || mem.off >= -(frame as i32) && end <= 0 {
            return Ok(());
        }
        Err(CompileError::OutsideFrame { slot: self.program.slot(at), off: mem.off, frame })
    }

    fn bad_form(&self, at: u32, mem: Mem) -> CompileError {
        let off = self.program.ctx_off(at).unwrap_or(mem.off);
        CompileError::CtxForm { slot: self.program.slot(at), off: off.into() }
    }

    fn packet_load(&mut self, at: u32, size: Size, index: Option<Reg>, off: i32) -> Result<(), CompileError> {
        let hook = &self.program.unit.hook;
        let ends = hook.ctx().and_then(|layout| {
            Some((
                native_of(layout, FieldKind::DataStart { region: 0 })?,
                native_of(layout, FieldKind::DataEnd { region: 0 })?,
            ))
        });
        let Some((data, data_end)) = ends else {
            return Err(CompileError::NoPacket { slot: self.program.slot(at), hook: hook.name.to_string() });
        };
        self.machine.packet_load(PacketLoad { size, index, off, data, data_end });
        Ok(())
    }

    fn call(&mut self, at: u32, callee: Callee) -> Result<(), CompileError> {
        match callee {
            Callee::Local(start) => {
                self.machine.call_local(self.program.unit.code.subprog_of(start as usize));
            }
            Callee::Helper(id) => {
                let effects = self.program.proto(at, id)?.effects;
                if effects.tail_call {
                    self.machine.tail_call(at);
                } else {
                    self.machine.call_helper(self.helper_call(at, id, effects.may_trap || effects.throws));
                }
            }
            Callee::Reg(reg) if self.program.assumed => {
                let rows = self.program.unit.protos.iter();
                let helpers: Vec<HelperCall> = rows.map(|p| self.helper_call(at, p.id, true)).collect();
                self.machine.call_reg(at, reg, &helpers);
            }
            Callee::Reg(_) => return Err(CompileError::IndirectCall { slot: self.program.slot(at) }),
            Callee::Kfunc(_) | Callee::Symbol(_) => {
                return Err(CompileError::Unresolved { slot: self.program.slot(at) });
            }
        }
        Ok(())
    }

    fn helper_call(&self, insn: u32, id: u32, may_trap: bool) -> HelperCall {
        let proto = self.program.unit.protos.get(id);
        let passed = proto.map_or([None; 5], |p| Facts::passed(self.program.facts, insn, p));
        HelperCall { insn, id, may_trap, env: self.program.options.env_helpers.contains(&id), passed }
    }
}

/// Native offset of the context's field of a kind, where it is a native pointer.
fn native_of(layout: &CtxLayout, kind: FieldKind) -> Option<i32> {
    let field = layout.fields.iter().find(|f| f.kind == kind && f.native == NativeOp::Pointer)?;
    i32::try_from(field.native_off).ok()
}
