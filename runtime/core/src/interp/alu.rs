//! Arithmetic: the one semantics of `stingless-isa`.

use stingless_isa::{AluOp, Operand, Reg, UnaryOp, Width};

use crate::interp::memory::Memory;
use crate::interp::turn::Turn;

impl<M: Memory> Turn<'_, '_, M> {
    pub(crate) fn alu(&mut self, op: AluOp, width: Width, dst: Reg, src: Operand) {
        let value = op.eval(width, self.reg(dst), self.operand(src));
        self.set(dst, value);
        self.pc += 1;
    }

    pub(crate) fn unary(&mut self, op: UnaryOp, width: Width, dst: Reg) {
        let value = op.eval(width, self.reg(dst));
        self.set(dst, value);
        self.pc += 1;
    }
}
