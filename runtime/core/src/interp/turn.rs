//! One program's turn: its registers and frames, and the walk over its instructions.

use stingless_abi::limits::MAY_GOTO_BUDGET;
use stingless_abi::{FieldKind, Lowered, NativeOp, PacketBase, TrapKind};
use stingless_isa::{Insn, Operand, Ref, Reg, Size};
use stingless_verifier::Access;

use crate::interp::memory::Memory;
use crate::interp::stack::FrameMem;
use crate::interp::{MAX_LIVE_FRAMES, Machine, Outcome, Site, Start, Stop};
use crate::sys::call::CallCx;
use crate::sys::raw::Rmw;
use crate::vm::Program;

/// What a local call keeps for its caller.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Caller {
    /// Where the caller goes on.
    pub(crate) back_to: usize,
    /// `r6` to `r9`.
    pub(crate) saved: [u64; 4],
    /// `r10`.
    pub(crate) fp: u64,
    /// What is left of the caller's `may_goto` count.
    pub(crate) may_goto: u32,
}

/// A program being run.
pub(crate) struct Turn<'t, 'c, M> {
    pub(crate) machine: &'t mut Machine<M>,
    pub(crate) cx: &'t mut CallCx<'c>,
    pub(crate) program: &'t Program,
    pub(crate) regs: [u64; Reg::COUNT],
    pub(crate) pc: usize,
    pub(crate) callers: Vec<Caller>,
    /// Iterations of `may_goto` left to this frame (Linux: one hidden count per frame).
    pub(crate) may_goto: u32,
    pub(crate) start: Start,
    /// Instructions run and not yet taken off the deadline's budget.
    unpaid: u64,
}

/// Instructions after which the budget is charged.
const PAY_EVERY: u64 = 256;

/// Where a memory access goes.
enum Place {
    /// To plugin memory.
    Plain(u64),
    /// To the native context.
    Native(u64, Size),
    /// Nowhere: loads give 0.
    Nowhere,
}

impl<'t, 'c, M: Memory> Turn<'t, 'c, M> {
    pub(crate) fn new(
        machine: &'t mut Machine<M>,
        cx: &'t mut CallCx<'c>,
        program: &'t Program,
        pc: usize,
        args: [u64; 5],
    ) -> Self {
        let mut regs = [0; Reg::COUNT];
        regs[1..6].copy_from_slice(&args);
        let may_goto = MAY_GOTO_BUDGET;
        Turn { machine, cx, program, regs, pc, callers: Vec::new(), may_goto, start: Start::Entry, unpaid: 0 }
    }

    /// Index of the current instruction.
    pub(crate) fn at(&self) -> usize {
        self.pc
    }

    pub(crate) fn site(&self) -> Site<'t> {
        Site { program: self.program, at: self.pc }
    }

    pub(crate) fn reg(&self, reg: Reg) -> u64 {
        self.regs[reg.index()]
    }

    pub(crate) fn set(&mut self, reg: Reg, value: u64) {
        self.regs[reg.index()] = value;
    }

    pub(crate) fn operand(&self, src: Operand) -> u64 {
        match src {
            Operand::Reg(reg) => self.reg(reg),
            Operand::Imm(imm) => imm as i64 as u64,
        }
    }

    /// Enters the first frame.
    pub(crate) fn begin(&mut self, start: Start) -> Result<(), Stop> {
        self.start = start;
        let frame = self.frame()?;
        self.set(Reg::FP, frame.top);
        let [_, r1, r2, r3, r4, r5, ..] = self.regs;
        self.machine.mem.begin(self.site(), start, frame, [r1, r2, r3, r4, r5])
    }

    /// Memory for a frame of the subprogram at `pc`.
    pub(crate) fn frame(&mut self) -> Result<FrameMem, Stop> {
        if self.machine.stack.depth() >= MAX_LIVE_FRAMES {
            return Err(Stop::new(TrapKind::Resources, format!("more than {MAX_LIVE_FRAMES} frames are live")));
        }
        let sub = self.program.unit().code.subprog_of(self.pc);
        Ok(self.machine.stack.push(self.machine.mem.frame_bytes(self.program, sub)))
    }

    /// Takes what was run off the deadline's budget.
    pub(crate) fn pay(&mut self) -> Result<(), Stop> {
        self.cx.set_at(self.pc);
        Ok(self.cx.spend(std::mem::take(&mut self.unpaid))?)
    }

    /// Runs to the end of the activation.
    pub(crate) fn walk(&mut self) -> Result<Outcome, Stop> {
        let insns = self.program.unit().code.insns();
        loop {
            let insn = &insns[self.pc];
            self.unpaid += 1;
            if self.unpaid >= PAY_EVERY {
                self.pay()?;
            }
            self.machine.mem.insn(self.site(), insn, &self.regs)?;
            match *insn {
                Insn::Alu { op, width, dst, src } => self.alu(op, width, dst, src),
                Insn::Unary { op, width, dst } => self.unary(op, width, dst),
                Insn::LoadImm { dst, value } => self.load_imm(dst, value),
                Insn::LoadRef { dst, target } => self.load_ref(dst, target)?,
                Insn::Load { size, signed, dst, base, off } => self.load(size, signed, dst, base, off)?,
                Insn::Store { size, base, off, src } => self.store(size, base, off, src)?,
                Insn::Atomic { op, size, base, off, src } => {
                    let rmw = Rmw { op, size, src: self.reg(src), r0: self.reg(Reg::R0) };
                    self.atomic(rmw, base, off, src)?;
                }
                Insn::LoadAcquire { size, dst, base, off } => self.load_acquire(size, dst, base, off)?,
                Insn::StoreRelease { size, base, off, src } => self.store_release(size, base, off, src)?,
                Insn::Jump { target, long: _ } => self.jump(target),
                Insn::Branch { cond, width, dst, src, target } => self.branch(cond, width, (dst, src), target)?,
                Insn::MayGoto { target } => self.may_goto(target),
                Insn::Call(callee) => {
                    if let Some(outcome) = self.call(callee)? {
                        return Ok(outcome);
                    }
                }
                Insn::PacketLoad { size, index, off } => {
                    if let Some(outcome) = self.packet_load(size, index, off)? {
                        return Ok(outcome);
                    }
                }
                Insn::Exit => {
                    if let Some(outcome) = self.exit()? {
                        return Ok(outcome);
                    }
                }
                Insn::Poison(reason) => return Err(self.poison(reason)),
            }
        }
    }

    fn load_imm(&mut self, dst: Reg, value: u64) {
        self.set(dst, value);
        self.pc += 1;
    }

    fn load_ref(&mut self, dst: Reg, target: Ref) -> Result<(), Stop> {
        let missing = |map| Stop::new(TrapKind::Poison, format!("map {map} is not there"));
        let value = match target {
            Ref::Map(map) => self.program.maps().get(map as usize).ok_or_else(|| missing(map))?.address(),
            Ref::MapValue { map, off } => {
                let map = self.program.maps().get(map as usize).ok_or_else(|| missing(map))?;
                map.value_base().wrapping_add(off.into())
            }
            // Interpreters call back by instruction index.
            Ref::Func(entry) => entry.into(),
            Ref::Symbol(symbol) => {
                return Err(Stop::new(TrapKind::Poison, format!("symbol {symbol} has no address here")));
            }
        };
        self.set(dst, value);
        self.pc += 1;
        Ok(())
    }

    /// Resolves the address of a memory instruction: context accesses go through the layout.
    fn place(&mut self, base: Reg, off: i16, size: Size, write: bool) -> Result<Place, Stop> {
        let addr = self.reg(base).wrapping_add(off as i64 as u64);
        if self.program.access(self.pc) != Some(Access::Ctx) {
            return Ok(Place::Plain(addr));
        }
        let ctx = self.machine.args[0];
        let layout = self.program.unit().hook.ctx();
        let off = addr.wrapping_sub(ctx) as i64;
        self.machine.mem.ctx_access(self.site(), off)?;
        let lowered = layout.map(|l| l.access(off, size, write));
        let allowed = lowered.and_then(Result::ok).filter(|(f, _)| f.is_for(&self.program.unit().section));
        let Some((_, Lowered { op, off: native, size })) = allowed else {
            return Err(Stop::new(
                TrapKind::Obligation,
                format!("the context allows no access of {} bytes at offset {off}", size.bytes()),
            ));
        };
        Ok(match op {
            NativeOp::Plain | NativeOp::Pointer => Place::Native(ctx.wrapping_add(native.into()), size),
            NativeOp::Zero => Place::Nowhere,
        })
    }

    fn load(&mut self, size: Size, signed: bool, dst: Reg, base: Reg, off: i16) -> Result<(), Stop> {
        let value = match self.place(base, off, size, false)? {
            Place::Plain(addr) => self.machine.mem.load(self.site(), addr, size)?,
            Place::Native(addr, size) => self.machine.mem.raw().load(addr, size),
            Place::Nowhere => 0,
        };
        self.set(dst, if signed { size.sign_extend(value) } else { value });
        self.pc += 1;
        Ok(())
    }

    fn store(&mut self, size: Size, base: Reg, off: i16, src: Operand) -> Result<(), Stop> {
        let value = self.operand(src);
        match self.place(base, off, size, true)? {
            Place::Plain(addr) => self.machine.mem.store(self.site(), addr, size, value)?,
            Place::Native(addr, size) => self.machine.mem.raw().store(addr, size, value),
            Place::Nowhere => {}
        }
        self.pc += 1;
        Ok(())
    }

    /// The address of an atomic access, which never goes to the context.
    fn atomic_place(&mut self, base: Reg, off: i16, size: Size) -> Result<u64, Stop> {
        match self.place(base, off, size, true)? {
            Place::Plain(addr) => Ok(addr),
            Place::Native(..) | Place::Nowhere => {
                Err(Stop::new(TrapKind::Obligation, "the context allows no atomic access"))
            }
        }
    }

    fn atomic(&mut self, rmw: Rmw, base: Reg, off: i16, src: Reg) -> Result<(), Stop> {
        let addr = self.atomic_place(base, off, rmw.size)?;
        let old = self.machine.mem.rmw(self.site(), addr, rmw)?;
        if rmw.op.fetches() {
            let cmpxchg = rmw.op == stingless_isa::AtomicOp::Cmpxchg;
            self.set(if cmpxchg { Reg::R0 } else { src }, old);
        }
        self.pc += 1;
        Ok(())
    }

    fn load_acquire(&mut self, size: Size, dst: Reg, base: Reg, off: i16) -> Result<(), Stop> {
        let addr = self.atomic_place(base, off, size)?;
        let value = self.machine.mem.load_acquire(self.site(), addr, size)?;
        self.set(dst, value);
        self.pc += 1;
        Ok(())
    }

    fn store_release(&mut self, size: Size, base: Reg, off: i16, src: Reg) -> Result<(), Stop> {
        let addr = self.atomic_place(base, off, size)?;
        let value = self.reg(src);
        self.machine.mem.store_release(self.site(), addr, size, value)?;
        self.pc += 1;
        Ok(())
    }

    /// `LD_ABS`, `LD_IND`: outside of the packet the function returns 0, as in Linux.
    fn packet_load(&mut self, size: Size, index: Option<Reg>, off: i32) -> Result<Option<Outcome>, Stop> {
        let (start, len) = self.packet();
        let index = index.map_or(0, |reg| self.reg(reg) as i32);
        let at = self.packet_offset(index.wrapping_add(off));
        let Some(at) = at.filter(|at| at + u64::from(size.bytes()) <= len) else {
            self.set(Reg::R0, 0);
            return self.exit();
        };
        let bytes = self.machine.mem.raw().load(start.wrapping_add(at), size);
        self.set(Reg::R0, bytes.swap_bytes() >> (64 - 8 * size.bytes()));
        self.pc += 1;
        Ok(None)
    }

    /// Bytes from the packet's start that a packet load's offset means; `None` of those that mean nothing here.
    fn packet_offset(&self, offset: i32) -> Option<u64> {
        if offset >= 0 {
            return Some(offset as u64);
        }
        let native = self.program.unit().hook.network_header?;
        let (base, bytes) = PacketBase::of(offset)?;
        let from = match base {
            PacketBase::Network => self.machine.mem.raw().load(self.machine.args[0] + u64::from(native), Size::W),
            PacketBase::Link => 0,
        };
        Some(from + u64::from(bytes))
    }

    /// Address and length of data region 0, or of the memory that the hook passes.
    fn packet(&self) -> (u64, u64) {
        let Some(layout) = self.program.unit().hook.ctx() else { return (self.machine.args[0], self.machine.args[1]) };
        let native = |kind: FieldKind| {
            let field = layout.fields.iter().find(|f| f.kind == kind)?;
            Some(self.machine.mem.raw().load(self.machine.args[0] + u64::from(field.native_off), Size::DW))
        };
        match (native(FieldKind::DataStart { region: 0 }), native(FieldKind::DataEnd { region: 0 })) {
            (Some(start), Some(end)) => (start, end.saturating_sub(start)),
            _ => (0, 0),
        }
    }

    fn poison(&self, reason: u32) -> Stop {
        let text = match self.program.unit().poison.get(reason as usize) {
            Some(poison) => format!("`{}` could not be resolved", poison.symbol),
            None => format!("reference {reason} could not be resolved"),
        };
        Stop::new(TrapKind::Poison, text)
    }
}
