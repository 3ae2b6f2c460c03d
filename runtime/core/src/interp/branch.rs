//! Jumps.

use stingless_isa::{Cond, Operand, Reg, Width};

use crate::interp::Stop;
use crate::interp::memory::Memory;
use crate::interp::turn::Turn;

impl<M: Memory> Turn<'_, '_, M> {
    pub(crate) fn jump(&mut self, target: u32) {
        self.pc = target as usize;
    }

    pub(crate) fn branch(
        &mut self,
        cond: Cond,
        width: Width,
        (dst, src): (Reg, Operand),
        target: u32,
    ) -> Result<(), Stop> {
        let taken = cond.eval(width, self.reg(dst), self.operand(src));
        self.machine.mem.branch(self.site(), taken)?;
        self.pc = if taken { target as usize } else { self.pc + 1 };
        Ok(())
    }

    pub(crate) fn may_goto(&mut self, target: u32) {
        match self.may_goto.checked_sub(1) {
            Some(left) => {
                self.may_goto = left;
                self.pc += 1;
            }
            None => self.jump(target),
        }
    }
}
