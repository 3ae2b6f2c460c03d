//! Helpers that make, step and destroy objects on the stack.

use stingless_abi::{ArgKind, DynptrUse, ObjectAction, ObjectKind, Proto, Ret};
use stingless_isa::Reg;

use super::Machine;
use crate::check::{Fail, bug};
use crate::region::{Region, View};
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
            let (kind, action) = match arg.kind {
                ArgKind::Object { kind, action } => (kind, action),
                ArgKind::DynptrClone => {
                    self.clone_dynptr(state, at, proto, reg)?;
                    continue;
                }
                ArgKind::Dynptr(DynptrUse::Write) => {
                    let (depth, off) = place(state, reg)?;
                    let skb = [ObjectKind::DynptrSkb, ObjectKind::DynptrSkbMeta];
                    if state.object_at(depth, off).is_some_and(|o| skb.contains(&o.kind)) {
                        state.invalidate_data();
                    }
                    continue;
                }
                _ => continue,
            };
            let (depth, off) = place(state, reg)?;
            match action {
                ObjectAction::Make => {
                    self.touched(state, depth, i128::from(off));
                    self.overwrite_objects(state, depth, (off, off + i64::from(kind.row().size)))?;
                    let id = self.fresh_id();
                    let reference = if kind.row().held && !fault!(90) { id } else { 0 };
                    let object =
                        Object { off, kind, id, reference, active: kind.row().iterator, steps: 0, insn: at as u32 };
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
                    if fault!(87) && kind.row().iterator {
                        state.held.clear();
                        continue;
                    }
                    if state.drop_object(depth, off).is_none() {
                        return bug("an object that is not there was passed");
                    }
                }
            }
        }
        Ok(())
    }

    /// The dynptr among a helper's arguments.
    fn dynptr(&self, state: &State, proto: &Proto) -> Result<Object, Box<Fail>> {
        let arg = proto.args.iter().zip(Reg::ARGS).find(|(a, _)| matches!(a.kind, ArgKind::Dynptr(_)));
        let Some((_, reg)) = arg else { return bug("a prototype has no dynptr") };
        let (depth, off) = place(state, reg)?;
        match state.object_at(depth, off) {
            Some(object) => Ok(*object),
            None => bug("a dynptr that is not there was passed"),
        }
    }

    /// A second dynptr with the view of the first; they are given up together.
    fn clone_dynptr(&mut self, state: &mut State, at: usize, proto: &Proto, reg: Reg) -> Result<(), Box<Fail>> {
        let original = self.dynptr(state, proto)?;
        let (depth, off) = place(state, reg)?;
        self.touched(state, depth, i128::from(off));
        // The original may lie there: then it is the copy.
        self.overwrite_objects(state, depth, (off, off + i64::from(original.kind.row().size)))?;
        let copy = Object { off, id: self.fresh_id(), insn: at as u32, ..original };
        match state.make_object(depth, copy) {
            Some(()) => Ok(()),
            None => bug("a dynptr on the stack of a frame that is gone"),
        }
    }

    /// A pointer into what a dynptr is a view of, or NULL.
    pub(super) fn view(
        &mut self,
        state: &State,
        proto: &Proto,
        (size_arg, writable): (u8, bool),
    ) -> Result<Value, Box<Fail>> {
        let object = self.dynptr(state, proto)?;
        let size = Reg::ARGS.get(usize::from(size_arg)).and_then(|&r| state.reg(r).as_constant());
        let Some(bytes) = size.and_then(|s| u32::try_from(s).ok()) else {
            return bug("the size of a view is not known");
        };
        let view = View { bytes, writable, packet: object.kind.row().packet };
        Ok(Value {
            id: self.fresh_id(),
            reference: object.view(),
            nullable: !fault!(94),
            ..Value::ptr(Region::View(view))
        })
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
        let element = Value { id: self.fresh_id(), reference: iterator.view(), ..Value::ptr(Region::Element(size)) };
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
        if fault!(116) {
            return Ok(());
        }
        while let Some(&object) = state.frame_at(depth).and_then(|f| f.object_in(first, end)) {
            if object.reference != 0 || state.drop_object(depth, object.off).is_none() {
                return bug("an object that must be given up is overwritten");
            }
        }
        Ok(())
    }
}
