//! Helpers that make, step and destroy objects on the stack.

use stingless_abi::{ArgKind, ObjectAction, Proto, Ret};
use stingless_isa::Reg;

use super::Machine;
use crate::check::{Fail, bug};
use crate::region::Region;
use crate::state::{Object, State};
use crate::value::Value;

/// Frame and lowest byte of the object in an argument.
fn place(state: &State, reg: Reg) -> Result<(usize, i64), Box<Fail>> {
    let value = state.reg(reg);
    match (value.region(), value.fixed_off()) {
        (Some(Region::Stack(frame)), Some(off)) => Ok((usize::from(frame), off)),
        (_, _) => bug("an object that is not on the stack was passed"),
    }
}

impl Machine<'_> {
    /// Makes and destroys the objects that a helper is given.
    pub(super) fn objects(&mut self, state: &mut State, at: usize, proto: &Proto) -> Result<(), Box<Fail>> {
        for (arg, reg) in proto.args.iter().zip(Reg::ARGS) {
            let ArgKind::Object { kind, action } = arg.kind else { continue };
            let (depth, off) = place(state, reg)?;
            match action {
                ObjectAction::Make => {
                    self.touched(state, depth, i128::from(off));
                    self.overwrite_objects(state, depth, (off, off + i64::from(kind.row().size)))?;
                    let id = self.fresh_id();
                    let object = Object { off, kind, id, active: kind.row().iterator, steps: 0, insn: at as u32 };
                    if state.make_object(depth, object).is_none() {
                        return bug("an object on the stack of a frame that is gone");
                    }
                }
                ObjectAction::Step => {
                    if state.change_object(depth, off, |o| o.active = false).is_none() {
                        return bug("an iterator that is not there was passed");
                    }
                }
                ObjectAction::Destroy => {
                    if state.drop_object(depth, off).is_none() {
                        return bug("an object that is not there was passed");
                    }
                }
            }
        }
        Ok(())
    }

    /// The state in which an iterator gives an element; `None` where it has none left.
    ///
    /// The loop converges there: how many elements there are is not known.
    pub(super) fn stepped(&mut self, state: &State, proto: &Proto) -> Result<Option<Box<State>>, Box<Fail>> {
        let Some(&reg) = proto.steps().and_then(|arg| Reg::ARGS.get(arg)) else {
            return bug("a helper steps no iterator");
        };
        let (depth, off) = place(state, reg)?;
        let Some(&iterator) = state.object_at(depth, off) else {
            return bug("an iterator that is not there was passed");
        };
        if !iterator.active {
            return Ok(None);
        }
        let Ret::ElementOrNull { size } = proto.ret else {
            return bug("a helper that steps an iterator gives no element");
        };
        self.collector.converges();
        let mut entered = Box::new(state.clone());
        let changed = entered.change_object(depth, off, |o| o.steps = o.steps.saturating_add(1));
        if changed.is_none() {
            return bug("an iterator is lost");
        }
        let element = Value { id: self.fresh_id(), reference: iterator.id, ..Value::ptr(Region::Element(size)) };
        self.back(&mut entered, element);
        entered.frame_mut().iterations = 0;
        Ok(Some(entered))
    }

    /// Objects that have one of the bytes are destroyed; those that must be given up were refused before.
    pub(super) fn overwrite_objects(
        &mut self,
        state: &mut State,
        depth: usize,
        (first, end): (i64, i64),
    ) -> Result<(), Box<Fail>> {
        while let Some(&object) = state.frame_at(depth).and_then(|f| f.object_in(first, end)) {
            if object.kind.row().held || state.drop_object(depth, object.off).is_none() {
                return bug("an object that must be given up is overwritten");
            }
        }
        Ok(())
    }
}
