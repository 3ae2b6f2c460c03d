//! Loads.

use stingless_abi::{FieldKind, NativeOp};
use stingless_isa::{AluOp, Reg, Size, Width};

use super::{Machine, Next, Stepped};
use crate::check::{Fail, bug};
use crate::domain::Scalar;
use crate::facts::Access;
use crate::region::{HostObject, Origin, Region};
use crate::state::State;
use crate::value::Value;

impl Machine<'_> {
    /// What `size` bytes at `base + off` hold, zero-extended.
    pub(super) fn load(
        &mut self,
        state: &State,
        at: usize,
        (base, off): (Reg, i16),
        size: Size,
    ) -> Result<Value, Box<Fail>> {
        let ptr = *state.reg(base);
        self.accessed(state, at, &ptr, i64::from(off))?;
        let any = Value::scalar(Scalar::from_size(size));
        match ptr.region() {
            Some(Region::Stack(frame)) => {
                let Some(fixed) = ptr.fixed_off() else {
                    return Ok(any);
                };
                let Some(frame) = state.frame_at(usize::from(frame)) else {
                    return bug("a load from the stack of a frame that is gone");
                };
                let (value, zeros) = frame.stack.read(fixed + i64::from(off), size);
                Ok(if zeros == 0 { value } else { Value { node: self.nodes.derive(value.node, zeros), ..value } })
            }
            Some(Region::Ctx) => self.load_ctx(&ptr, off, size),
            Some(Region::MapValue(map)) => Ok(self.frozen(&ptr, map, off, size).map_or(any, Value::constant)),
            Some(
                Region::Data(_)
                | Region::DataMeta(_)
                | Region::Linked
                | Region::MapKey(_)
                | Region::Mem(_)
                | Region::ArgMem(_)
                | Region::ArgData(_)
                | Region::Element(_)
                | Region::Host(_)
                | Region::View(_),
            ) => Ok(any),
            Some(
                Region::DataEnd(_)
                | Region::MapPtr(_)
                | Region::Func(_)
                | Region::Stale
                | Region::Gone
                | Region::Dynptr(_),
            )
            | None => bug("a load through something that may not be loaded from"),
        }
    }

    fn load_ctx(&mut self, ptr: &Value, off: i16, size: Size) -> Result<Value, Box<Fail>> {
        let (Some(layout), Some(fixed)) = (self.env.unit.hook.ctx(), ptr.fixed_off()) else {
            return bug("a load from a context at no fixed offset");
        };
        let Ok((field, lowered)) = layout.access(fixed + i64::from(off), size, false) else {
            return bug("a load from a field that does not allow it");
        };
        Ok(match field.kind {
            FieldKind::Scalar { .. } if lowered.op == NativeOp::Zero => Value::constant(0),
            FieldKind::Scalar { .. } => Value::scalar(Scalar::from_size(size)),
            FieldKind::DataStart { region } => Value::ptr(Region::Data(region)),
            FieldKind::DataEnd { region } => Value::ptr(Region::DataEnd(region)),
            FieldKind::DataMeta { region } => Value::ptr(Region::DataMeta(region)),
            FieldKind::Object { class } => {
                let object = HostObject { class, origin: Origin::Lent };
                Value { id: self.fresh_id(), nullable: true, ..Value::ptr(Region::Host(object)) }
            }
        })
    }

    /// The bytes of a map value that can never change.
    fn frozen(&self, ptr: &Value, map: u32, off: i16, size: Size) -> Option<u64> {
        let map = self.env.unit.maps.get(map as usize)?;
        // With more elements than one, the pointer may be to any of them.
        let bytes = map.frozen.as_ref().filter(|_| map.spec.max_entries == 1 && !map.spec.prog_writes())?;
        let from = usize::try_from(ptr.fixed_off()? + i64::from(off)).ok()?;
        let part = bytes.get(from..from.checked_add(size.bytes() as usize)?)?;
        Some(part.iter().rev().fold(0, |acc, &b| acc << 8 | u64::from(b)))
    }

    /// A loaded value, sign-extended if the load says so.
    pub(super) fn extended(&self, value: Value, size: Size, signed: bool) -> Value {
        let op = match size {
            Size::B => AluOp::Movsx8,
            Size::H => AluOp::Movsx16,
            Size::W => AluOp::Movsx32,
            Size::DW => return value,
        };
        if !signed || !value.is_scalar() || value.num.umax() <= size.truncate(u64::MAX) >> 1 {
            return value;
        }
        Value { node: value.node, ..Value::scalar(Scalar::alu(op, Width::W64, value.num, value.num)) }
    }

    /// `LD_ABS` and `LD_IND`: clobber what calls clobber. Outside of the packet the function returns 0.
    pub(super) fn packet_load(&mut self, state: &mut State, at: usize, size: Size) -> Stepped {
        self.collector.access(at, Access::Data, None)?;
        let mut failed = Box::new(state.clone());
        state.clear_args();
        state.set(Reg::R0, Value::scalar(Scalar::from_size(size)));
        if failed.depth() == 1 {
            // The program ends, or the global function: 0 is what both may return.
            return Ok(Next::Fall);
        }
        failed.set(Reg::R0, Value::constant(0));
        let Next::Goto(later) = self.exit(&mut failed)? else { return bug("a function without a caller") };
        Ok(Next::Fork { now: at as u32 + 1, later, state: failed })
    }

    /// Records what an instruction accesses.
    pub(super) fn accessed(&mut self, state: &State, at: usize, ptr: &Value, off: i64) -> Result<(), Box<Fail>> {
        let Some(region) = ptr.region() else {
            return bug("an access through a number");
        };
        let Some(access) = region.access() else {
            return bug("an access through a pointer that allows none");
        };
        if let Region::Stack(frame) = region {
            self.touched(state, usize::from(frame), ptr.min_off() + i128::from(off));
        }
        if matches!(access, Access::MapValue(_)) {
            self.collector.value_off(at, ptr.min_off() + i128::from(off), ptr.max_off() + i128::from(off));
        }
        let ctx_off =
            if access == Access::Ctx { ptr.fixed_off().and_then(|f| i32::try_from(f + off).ok()) } else { None };
        self.collector.access(at, access, ctx_off)
    }

    /// Records how deep a frame's stack is used: `lowest` is the least offset from its `r10`.
    pub(super) fn touched(&mut self, state: &State, frame: usize, lowest: i128) {
        if let Some(frame) = state.frame_at(frame) {
            let bytes = u32::try_from(-lowest).unwrap_or(0);
            self.collector.stack(frame.subprog as usize, bytes);
        }
    }
}
