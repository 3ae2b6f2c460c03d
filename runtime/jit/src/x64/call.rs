//! Calls out, calls between subprograms, tail calls, traps.

use dynasmrt::{DynamicLabel, DynasmApi, DynasmLabelApi, dynasm};
use stingless_abi::{TrapKind, vmctx};
use stingless_isa::Reg;

use crate::blob::Target;
use crate::machine::HelperCall;
use crate::x64::emit::{R10, X64, machine};

/// Native bytes below a frame for the slow path of deadline checks, which is the deepest that a frame calls: two return
/// addresses, six registers, the alignment.
pub(super) const CHECK_BYTES: u32 = 8 + 6 * 8 + 8 + 8;

impl X64 {
    /// Names the instruction for traps.
    pub(super) fn store_at(&mut self, insn: u32) {
        dynasm!(self.ops; .arch x64; mov DWORD [r12 + vmctx::AT], insn as i32);
    }

    /// Arguments stand in the ABI's registers already.
    pub(super) fn emit_call_helper(&mut self, call: HelperCall) {
        for (reg, number) in Reg::ARGS.into_iter().zip(call.passed) {
            let reg = machine(reg);
            match number {
                Some(0) => dynasm!(self.ops; .arch x64; xor Rd(reg), Rd(reg)),
                Some(number) => dynasm!(self.ops; .arch x64; mov Rd(reg), number as i32),
                None => {}
            }
        }
        if call.may_trap {
            self.store_at(call.insn);
        }
        if call.env {
            self.load_literal(R10, Target::HelperEnv(call.id));
            dynasm!(self.ops; .arch x64; mov QWORD [r12 + vmctx::ENV], r10);
        }
        dynasm!(self.ops; .arch x64; mov r9, r12);
        self.call_literal(Target::Helper(call.id));
        self.site(call.insn, None);
    }

    pub(super) fn emit_call_local(&mut self, sub: usize) {
        let body = self.subs[sub];
        dynasm!(self.ops; .arch x64; call =>body);
    }

    /// A chain of comparisons: only tests of the conformance suite come here.
    pub(super) fn emit_call_reg(&mut self, insn: u32, reg: Reg, helpers: &[HelperCall]) {
        let done = self.ops.new_dynamic_label();
        dynasm!(self.ops; .arch x64; mov r11, Rq(machine(reg)));
        for &call in helpers {
            let next = self.ops.new_dynamic_label();
            dynasm!(self.ops; .arch x64; mov r10d, call.id as i32; cmp r11, r10; jne =>next);
            self.emit_call_helper(call);
            dynasm!(self.ops; .arch x64; jmp =>done; =>next);
        }
        self.emit_trap(insn, TrapKind::Obligation);
        self.ops.dynamic_label(done);
    }

    /// `bpf_tail_call(ctx, map, index)`: the host looks the target up; without one the program goes on with `r0` = 0.
    pub(super) fn emit_tail_call(&mut self, insn: u32) {
        let next = self.ops.new_dynamic_label();
        let ctx = self.layout.tail_ctx;
        self.store_at(insn);
        dynasm!(self.ops; .arch x64
            ; mov QWORD [rbp + ctx], rdi
            ; mov rdi, rsi
            ; mov esi, edx
            ; mov rdx, r12
            ; call QWORD [r12 + vmctx::TAIL_CALL]
        );
        self.site(insn, None);
        dynasm!(self.ops; .arch x64
            ; test rax, rax
            ; jz =>next
            ; mov rdi, QWORD [rbp + ctx]
        );
        self.leave();
        dynasm!(self.ops; .arch x64; jmp rax; =>next);
    }

    pub(super) fn emit_trap(&mut self, insn: u32, kind: TrapKind) {
        self.store_at(insn);
        dynasm!(self.ops; .arch x64; mov rdi, r12; mov esi, kind as i32);
        self.call_literal(Target::TrapExit);
        self.site(insn, Some(kind));
        self.ud2();
    }

    pub(super) fn check_label(&mut self) -> DynamicLabel {
        let ops = &mut self.ops;
        *self.check.get_or_insert_with(|| ops.new_dynamic_label())
    }

    /// The slow path of deadline checks: keeps the registers that BPF code may have in use.
    pub(super) fn put_check(&mut self) {
        let Some(check) = self.check else { return };
        self.pad();
        dynasm!(self.ops; .arch x64
            ; =>check
            ; push rax
            ; push rdi
            ; push rsi
            ; push rdx
            ; push rcx
            ; push r8
            ; sub rsp, 8
            ; mov rdi, r12
            ; call QWORD [r12 + vmctx::OUT_OF_BUDGET]
            ; add rsp, 8
            ; pop r8
            ; pop rcx
            ; pop rdx
            ; pop rsi
            ; pop rdi
            ; pop rax
            ; ret
        );
    }
}
