//! Jumps, and what they pay for the deadline.

use dynasmrt::{DynamicLabel, DynasmApi, DynasmLabelApi, dynasm};
use stingless_abi::vmctx;
use stingless_isa::{Cond, Width};

use crate::machine::{Charge, Compare, Goto};
use crate::x64::emit::{Cold, R11, Src, X64, machine};

/// Condition codes of the machine that comparisons come to.
#[derive(Clone, Copy)]
enum Cc {
    E,
    Ne,
    A,
    Ae,
    B,
    Be,
    G,
    Ge,
    L,
    Le,
}

impl Cc {
    fn of(cond: Cond) -> Cc {
        match cond {
            Cond::Eq => Cc::E,
            Cond::Ne | Cond::Set => Cc::Ne,
            Cond::Gt => Cc::A,
            Cond::Ge => Cc::Ae,
            Cond::Lt => Cc::B,
            Cond::Le => Cc::Be,
            Cond::Sgt => Cc::G,
            Cond::Sge => Cc::Ge,
            Cond::Slt => Cc::L,
            Cond::Sle => Cc::Le,
        }
    }

    fn not(self) -> Cc {
        match self {
            Cc::E => Cc::Ne,
            Cc::Ne => Cc::E,
            Cc::A => Cc::Be,
            Cc::Ae => Cc::B,
            Cc::B => Cc::Ae,
            Cc::Be => Cc::A,
            Cc::G => Cc::Le,
            Cc::Ge => Cc::L,
            Cc::L => Cc::Ge,
            Cc::Le => Cc::G,
        }
    }
}

impl X64 {
    pub(super) fn emit_jump(&mut self, to: Goto) {
        let target = self.label(to.target);
        match to.charge {
            None => dynasm!(self.ops; .arch x64; jmp =>target),
            Some(charge) => self.pay_and_go(charge, target),
        }
    }

    pub(super) fn emit_branch(&mut self, compare: Compare, to: Goto) {
        let target = self.label(to.target);
        let cc = Cc::of(compare.cond);
        self.compare(compare);
        match to.charge {
            None => self.jump_if(cc, target),
            Some(charge) => {
                let next = self.ops.new_dynamic_label();
                self.jump_if(cc.not(), next);
                self.pay_and_go(charge, target);
                self.ops.dynamic_label(next);
            }
        }
    }

    /// The frame's hidden counter: jumps once it is used up, as Linux's does.
    pub(super) fn emit_may_goto(&mut self, to: Goto) {
        let target = self.label(to.target);
        let counter = self.layout.may_goto;
        dynasm!(self.ops; .arch x64; cmp QWORD [rbp + counter], 0);
        match to.charge {
            None => self.jump_if(Cc::E, target),
            Some(charge) => {
                let next = self.ops.new_dynamic_label();
                self.jump_if(Cc::Ne, next);
                self.pay_and_go(charge, target);
                self.ops.dynamic_label(next);
            }
        }
        dynasm!(self.ops; .arch x64; sub QWORD [rbp + counter], 1);
    }

    fn compare(&mut self, compare: Compare) {
        let d = machine(compare.dst);
        let src = self.operand(compare.src, R11);
        if compare.cond != Cond::Set {
            self.cmp(compare.width, d, src);
            return;
        }
        match (compare.width, src) {
            (Width::W64, Src::Reg(s)) => dynasm!(self.ops; .arch x64; test Rq(d), Rq(s)),
            (Width::W64, Src::Imm(i)) => dynasm!(self.ops; .arch x64; test Rq(d), DWORD i),
            (Width::W32, Src::Reg(s)) => dynasm!(self.ops; .arch x64; test Rd(d), Rd(s)),
            (Width::W32, Src::Imm(i)) => dynasm!(self.ops; .arch x64; test Rd(d), DWORD i),
        }
    }

    /// Immediates stand in full: the assembler has no short form of this instruction for registers of run time.
    pub(super) fn cmp(&mut self, width: Width, d: u8, src: Src) {
        match (width, src) {
            (Width::W64, Src::Reg(s)) => dynasm!(self.ops; .arch x64; cmp Rq(d), Rq(s)),
            (Width::W64, Src::Imm(i)) => dynasm!(self.ops; .arch x64; cmp Rq(d), DWORD i),
            (Width::W32, Src::Reg(s)) => dynasm!(self.ops; .arch x64; cmp Rd(d), Rd(s)),
            (Width::W32, Src::Imm(i)) => dynasm!(self.ops; .arch x64; cmp Rd(d), DWORD i),
        }
    }

    fn jump_if(&mut self, cc: Cc, to: DynamicLabel) {
        match cc {
            Cc::E => dynasm!(self.ops; .arch x64; je =>to),
            Cc::Ne => dynasm!(self.ops; .arch x64; jne =>to),
            Cc::A => dynasm!(self.ops; .arch x64; ja =>to),
            Cc::Ae => dynasm!(self.ops; .arch x64; jae =>to),
            Cc::B => dynasm!(self.ops; .arch x64; jb =>to),
            Cc::Be => dynasm!(self.ops; .arch x64; jbe =>to),
            Cc::G => dynasm!(self.ops; .arch x64; jg =>to),
            Cc::Ge => dynasm!(self.ops; .arch x64; jge =>to),
            Cc::L => dynasm!(self.ops; .arch x64; jl =>to),
            Cc::Le => dynasm!(self.ops; .arch x64; jle =>to),
        }
    }

    /// Subtracts from the budget and jumps; the slow path comes first where nothing is left.
    fn pay_and_go(&mut self, charge: Charge, target: DynamicLabel) {
        let start = self.ops.new_dynamic_label();
        dynasm!(self.ops; .arch x64
            ; sub QWORD [r12 + vmctx::BUDGET], DWORD charge.steps as i32
            ; jns =>target
            ; jmp =>start
        );
        self.cold.push(Cold { start, back: target, insn: charge.insn });
    }

    /// Subtracts from the budget and goes on.
    pub(super) fn pay(&mut self, charge: Charge) {
        let (start, back) = (self.ops.new_dynamic_label(), self.ops.new_dynamic_label());
        dynasm!(self.ops; .arch x64
            ; sub QWORD [r12 + vmctx::BUDGET], DWORD charge.steps as i32
            ; js =>start
            ; =>back
        );
        self.cold.push(Cold { start, back, insn: charge.insn });
    }

    /// What the subprogram put out of line.
    pub(super) fn put_cold(&mut self) {
        for Cold { start, back, insn } in std::mem::take(&mut self.cold) {
            let check = self.check_label();
            self.ops.dynamic_label(start);
            self.store_at(insn);
            dynasm!(self.ops; .arch x64; call =>check);
            self.site(insn, None);
            dynasm!(self.ops; .arch x64; jmp =>back);
        }
    }
}
