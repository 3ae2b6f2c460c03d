//! Stores.

use stingless_isa::{Operand, Reg, Size};

use super::Machine;
use super::alu::operand;
use crate::check::{Fail, bug};
use crate::region::Region;
use crate::state::{State, Touched};
use crate::value::Value;
use stingless_abi::Trust;

impl Machine<'_> {
    pub(super) fn store(
        &mut self,
        state: &mut State,
        at: usize,
        (base, off): (Reg, i16),
        size: Size,
        src: Operand,
    ) -> Result<(), Box<Fail>> {
        let ptr = *state.reg(base);
        self.accessed(state, at, &ptr, i64::from(off))?;
        let value = match src {
            // The copy on the stack is linked with the register.
            Operand::Reg(src) if matches!(ptr.region(), Some(Region::Stack(_))) => self.linked(state, src),
            Operand::Reg(_) => operand(state, src),
            Operand::Imm(imm) => Value::constant(size.truncate(i64::from(imm) as u64)),
        };
        match ptr.region() {
            Some(Region::Stack(frame)) => self.store_stack(state, usize::from(frame), &ptr, off, size, value),
            Some(
                Region::Ctx
                | Region::Data(_)
                | Region::DataMeta(_)
                | Region::Linked
                | Region::MapValue(_)
                | Region::Mem(_)
                | Region::ArgMem(_)
                | Region::ArgData(_)
                | Region::View(_),
            ) => Ok(()),
            Some(
                Region::MapKey(_)
                | Region::DataEnd(_)
                | Region::MapPtr(_)
                | Region::Host(_)
                | Region::Func(_)
                | Region::Stale
                | Region::Element(_)
                | Region::Gone,
            )
            | None => bug("a store through something that may not be stored to"),
        }
    }

    /// Whether degraded pointers may be read as numbers.
    pub(super) fn leaky(&self) -> bool {
        self.env.trust == Trust::Privileged
    }

    pub(super) fn store_stack(
        &mut self,
        state: &mut State,
        frame: usize,
        ptr: &Value,
        off: i16,
        size: Size,
        value: Value,
    ) -> Result<(), Box<Fail>> {
        let leaky = self.leaky();
        let (min, max) = (ptr.min_off() + i128::from(off), ptr.max_off() + i128::from(off));
        self.overwrite_objects(state, frame, (min as i64, max as i64 + i64::from(size.bytes())))?;
        let zero = value.as_constant() == Some(0);
        if fault!(101) && state.frame().callback.is_some() && frame + 1 != state.depth() {
            return Ok(());
        }
        let Some(frame) = state.frame_at_mut(frame) else {
            return bug("a store to the stack of a frame that is gone");
        };
        if let Some(fixed) = ptr.fixed_off() {
            frame.stack.write(fixed + i64::from(off), size, value, &mut self.nodes, leaky);
            return Ok(());
        }
        if zero {
            self.nodes.mark(value.node);
        }
        let range = Touched { first: min as i64, end: max as i64 + i64::from(size.bytes()), certain: 0 };
        if !fault!(80) {
            frame.stack.scribble(range, zero, &mut self.nodes, leaky);
        }
        Ok(())
    }

    /// A helper or a function wrote `least` to `most` bytes from `ptr` on, if that is on the stack.
    pub(super) fn overwritten(
        &mut self,
        state: &mut State,
        ptr: &Value,
        (least, most): (i64, i64),
    ) -> Result<(), Box<Fail>> {
        let Some(Region::Stack(frame)) = ptr.region() else {
            return Ok(());
        };
        self.touched(state, usize::from(frame), ptr.min_off());
        let certain = if ptr.num.as_constant().is_some() { least } else { 0 };
        let range = Touched { first: ptr.min_off() as i64, end: ptr.max_off() as i64 + most, certain };
        let leaky = self.leaky();
        self.overwrite_objects(state, usize::from(frame), (range.first, range.end))?;
        let Some(frame) = state.frame_at_mut(usize::from(frame)) else {
            return bug("a helper writes to the stack of a frame that is gone");
        };
        if !fault!(78) {
            frame.stack.scribble(range, false, &mut self.nodes, leaky);
        }
        Ok(())
    }
}
