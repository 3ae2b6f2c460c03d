//! x86-64, System V: one plain sequence per instruction.
//!
//! | BPF | machine | | BPF | machine |
//! |---|---|---|---|---|
//! | `r0` | `rax` | | `r6` | `rbx` |
//! | `r1` | `rdi` | | `r7` | `r13` |
//! | `r2` | `rsi` | | `r8` | `r14` |
//! | `r3` | `rdx` | | `r9` | `r15` |
//! | `r4` | `rcx` | | `r10` | `rbp` |
//! | `r5` | `r8` | | `VmCtx` | `r12` |
//!
//! Scratch: `r10`, `r11`, and `r9` outside of calls (`r9` carries the `VmCtx` into helpers and entries). Subprograms take
//! arguments in place and give back `rbx rbp r12..r15`, so calls between them cost a `call` and the saves of what is written.

#![allow(clippy::useless_conversion, reason = "the expansion of `dynasm!` converts its dynamic registers")]

mod alu;
mod branch;
mod call;
mod emit;
mod entry;
mod mem;

use dynasmrt::DynasmLabelApi;
use stingless_abi::TrapKind;
use stingless_isa::{AluOp, AtomicOp, Operand, Reg, Size, UnaryOp, Width};

pub(crate) use emit::X64;

use crate::blob::{CodeBlob, Target};
use crate::machine::{Charge, Compare, Goto, HelperCall, Machine, Mem, Origin, PacketLoad};
use crate::plan::{Frame, Plan};
use crate::{CompileError, Options};

impl Machine for X64 {
    const ENTRY_BYTES: u32 = entry::ENTRY_BYTES;
    const CALL_BYTES: u32 = call::CHECK_BYTES;

    fn frame_bytes(frame: &Frame) -> u32 {
        entry::Layout::new(frame).bytes()
    }

    fn new(plan: &Plan, _options: &Options) -> Self {
        X64::with_plan(plan)
    }

    fn begin(&mut self, sub: usize, frame: &Frame, charge: Option<Charge>) {
        self.prologue(sub, frame, charge);
    }

    fn end(&mut self) {
        self.put_cold();
    }

    fn bind(&mut self, insn: u32) {
        let at = self.offset();
        self.offsets.push(at);
        if let Some(label) = self.labels[insn as usize] {
            self.ops.dynamic_label(label);
        }
    }

    fn alu(&mut self, op: AluOp, width: Width, dst: Reg, src: Operand, nonzero: bool) {
        self.emit_alu(op, width, dst, src, nonzero);
    }

    fn unary(&mut self, op: UnaryOp, width: Width, dst: Reg) {
        self.emit_unary(op, width, dst);
    }

    fn load_imm(&mut self, dst: Reg, value: u64, origin: Origin) {
        self.constant(emit::machine(dst), value, origin);
    }

    fn load_target(&mut self, dst: Reg, target: Target) {
        self.load_literal(emit::machine(dst), target);
    }

    fn load_func(&mut self, dst: Reg, sub: usize) {
        self.emit_load_func(dst, sub);
    }

    fn load(&mut self, dst: Reg, mem: Mem, signed: bool) {
        self.emit_load(dst, mem, signed);
    }

    fn store(&mut self, mem: Mem, src: Operand) {
        self.emit_store(mem, src);
    }

    fn load_acquire(&mut self, dst: Reg, mem: Mem) {
        // Loads are acquiring on this machine.
        self.emit_load(dst, mem, false);
    }

    fn store_release(&mut self, mem: Mem, src: Reg) {
        // Stores are releasing on this machine.
        self.emit_store(mem, Operand::Reg(src));
    }

    fn atomic(&mut self, op: AtomicOp, mem: Mem, src: Reg) {
        match mem.size {
            Size::DW => self.emit_atomic(op, Width::W64, mem, src),
            Size::B | Size::H | Size::W => self.emit_atomic(op, Width::W32, mem, src),
        }
    }

    fn packet_load(&mut self, load: PacketLoad) {
        self.emit_packet_load(load);
    }

    fn jump(&mut self, to: Goto) {
        self.emit_jump(to);
    }

    fn branch(&mut self, compare: Compare, to: Goto) {
        self.emit_branch(compare, to);
    }

    fn may_goto(&mut self, to: Goto) {
        self.emit_may_goto(to);
    }

    fn call_helper(&mut self, call: HelperCall) {
        self.emit_call_helper(call);
    }

    fn call_local(&mut self, sub: usize) {
        self.emit_call_local(sub);
    }

    fn call_reg(&mut self, insn: u32, reg: Reg, helpers: &[HelperCall]) {
        self.emit_call_reg(insn, reg, helpers);
    }

    fn tail_call(&mut self, insn: u32) {
        self.emit_tail_call(insn);
    }

    fn exit(&mut self) {
        self.leave();
        self.ret();
    }

    fn trap(&mut self, insn: u32, kind: TrapKind) {
        self.emit_trap(insn, kind);
    }

    fn unreachable(&mut self) {
        self.ud2();
    }

    fn finish(self, plan: &Plan) -> Result<CodeBlob, CompileError> {
        self.assemble(plan)
    }
}
