//! Jumps. Each jump backwards takes its loop's instructions off the deadline's budget.

use stingless_isa::{Cond, Operand, Reg, Width};

use crate::interp::Stop;
use crate::interp::memory::Memory;
use crate::interp::turn::Turn;

impl<M: Memory> Turn<'_, '_, M> {
    pub(crate) fn jump(&mut self, target: u32) -> Result<(), Stop> {
        let target = target as usize;
        if target <= self.pc {
            self.cx.set_at(self.pc);
            self.cx.spend((self.pc - target + 1) as u64)?;
        }
        self.pc = target;
        Ok(())
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
        if taken {
            return self.jump(target);
        }
        self.pc += 1;
        Ok(())
    }

    pub(crate) fn may_goto(&mut self, target: u32) -> Result<(), Stop> {
        match self.may_goto.checked_sub(1) {
            Some(left) => {
                self.may_goto = left;
                self.pc += 1;
                Ok(())
            }
            None => self.jump(target),
        }
    }
}
