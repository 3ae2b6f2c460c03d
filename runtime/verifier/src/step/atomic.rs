//! Atomic read-modify-writes.

use stingless_isa::{AtomicOp, Reg, Size};

use super::Machine;
use crate::check::Fail;
use crate::domain::Scalar;
use crate::region::Region;
use crate::state::State;
use crate::value::Value;

impl Machine<'_> {
    pub(super) fn atomic(
        &mut self,
        state: &mut State,
        at: usize,
        op: AtomicOp,
        size: Size,
        (base, off): (Reg, i16),
        src: Reg,
    ) -> Result<(), Box<Fail>> {
        let ptr = *state.reg(base);
        let old = self.load(state, at, (base, off), size)?;
        let any = Value::scalar(Scalar::from_size(size));
        // Linux-root rules: a spilled pointer as a number.
        let old = if old.is_scalar() { old } else { any };
        if let Some(Region::Stack(frame)) = ptr.region().filter(|_| !fault!(115)) {
            let new = if op == AtomicOp::Xchg && state.reg(src).is_scalar() { *state.reg(src) } else { any };
            self.store_stack(state, usize::from(frame), &ptr, off, size, new)?;
        }
        match op {
            AtomicOp::Add | AtomicOp::Or | AtomicOp::And | AtomicOp::Xor => {}
            AtomicOp::FetchAdd | AtomicOp::FetchOr | AtomicOp::FetchAnd | AtomicOp::FetchXor | AtomicOp::Xchg => {
                state.set(src, old);
            }
            AtomicOp::Cmpxchg => state.set(Reg::R0, old),
        }
        Ok(())
    }
}
