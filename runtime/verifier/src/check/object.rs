//! Objects on the stack that only helpers touch: iterators and dynptrs.

use stingless_abi::{ObjectAction, ObjectKind};

use super::access::is_aligned;
use super::{Check, Checker, Fail, bug, fail};
use crate::obligation::{Argument, Mode};
use crate::region::Region;
use crate::report::Kind;
use crate::state::Object;
use crate::value::Value;

/// A failure that an object is to blame for.
fn fail_of<T>(kind: Kind, made: u32, message: impl Into<String>) -> Result<T, Box<Fail>> {
    fail(kind, message).map_err(|mut f: Box<Fail>| {
        f.blame.made = Some(made);
        f
    })
}

/// The rejection for objects of this kind in the wrong state.
fn state_of(kind: ObjectKind) -> Kind {
    if kind.row().iterator { Kind::IteratorState } else { Kind::DynptrState }
}

impl Checker<'_> {
    /// An argument that is, or becomes, an object on the stack.
    pub(super) fn object(&self, arg: &Argument, value: &Value, kind: ObjectKind, action: ObjectAction) -> Check {
        let (depth, off) = self.object_place(arg, value, kind)?;
        match action {
            ObjectAction::Make => self.vacant(arg, depth, off, kind),
            ObjectAction::Step | ObjectAction::Destroy => self.occupied(arg, depth, off, kind),
        }
    }

    /// Frame and lowest byte of an object that an argument points to.
    fn object_place(&self, arg: &Argument, value: &Value, kind: ObjectKind) -> Result<(usize, i64), Box<Fail>> {
        let row = kind.row();
        let number = arg.index + 1;
        let Some(Region::Stack(frame)) = value.region().filter(|_| !value.nullable) else {
            let expected = format!("a pointer to a `struct {}` on the stack", row.c_struct);
            return match self.wrong(arg, value, &expected) {
                Err(failed) => Err(failed),
                Ok(()) => bug("an argument that is wrong was passed"),
            };
        };
        let Some(off) = value.fixed_off() else {
            return fail(
                Kind::StackVariable,
                format!("argument {number}, a `struct {}`, must be at a fixed place on the stack", row.c_struct),
            );
        };
        if !is_aligned(value, 8) {
            return fail(
                Kind::Misaligned,
                format!("argument {number}, a `struct {}`, must be aligned to 8 bytes on the stack", row.c_struct),
            );
        }
        let (size, limit) = (i64::from(row.size), i64::from(self.env.limits.stack));
        if off < -limit || off > -size {
            return fail(
                Kind::StackBounds,
                format!(
                    "argument {number}, a `struct {}` of {size} bytes at offset {off}, is not within the stack",
                    row.c_struct
                ),
            );
        }
        Ok((usize::from(frame), off))
    }

    /// An argument that is a dynptr, of whatever kind.
    pub(super) fn dynptr(&self, arg: &Argument, value: &Value) -> Check {
        if matches!(value.region(), Some(Region::Dynptr(_))) {
            return Ok(());
        }
        let (depth, off) = self.object_place(arg, value, ObjectKind::DynptrLocal)?;
        match self.state.object_at(depth, off) {
            Some(found) if !found.kind.row().iterator => Ok(()),
            Some(_) | None => self.occupied(arg, depth, off, ObjectKind::DynptrLocal),
        }
    }

    /// The bytes may become an object: no other is there that must be given up.
    fn vacant(&self, arg: &Argument, depth: usize, off: i64, kind: ObjectKind) -> Check {
        let Some(frame) = self.state.frame_at(depth) else {
            return bug("a pointer to the stack of a frame that is gone");
        };
        let size = i64::from(kind.row().size);
        match frame.object_in(off, off + size) {
            Some(object) if object.reference != 0 => fail_of(
                state_of(object.kind),
                object.insn,
                format!(
                    "argument {} points to {} that is still in use: {} it before another one is made there",
                    arg.index + 1,
                    object.kind.row().noun,
                    if object.kind.row().iterator { "destroy" } else { "submit or discard" }
                ),
            ),
            Some(_) | None => Ok(()),
        }
    }

    /// There is such an object, and it begins there.
    fn occupied(&self, arg: &Argument, depth: usize, off: i64, kind: ObjectKind) -> Check {
        let number = arg.index + 1;
        let row = kind.row();
        if let Some(found) = self.state.object_at(depth, off) {
            if found.kind == kind {
                return Ok(());
            }
            if !kind.row().iterator && !found.kind.row().iterator {
                let message = format!("argument {number} is a dynptr of another kind than the helper takes back");
                return fail_of(state_of(kind), found.insn, message);
            }
            let message = format!(
                "argument {number} is a `struct {}`, a `struct {}` is expected",
                found.kind.row().c_struct,
                row.c_struct
            );
            return fail_of(state_of(kind), found.insn, message);
        }
        let size = i64::from(row.size);
        match self.state.frame_at(depth).and_then(|f| f.object_in(off, off + size)) {
            Some(near) => fail_of(
                state_of(kind),
                near.insn,
                format!(
                    "argument {number} points {} bytes beside the start of {}",
                    (off - near.off).abs(),
                    near.kind.row().noun
                ),
            ),
            None => fail(
                state_of(kind),
                format!("argument {number} is {} that was not initialised on this path, or was destroyed", row.noun),
            ),
        }
    }

    /// Bytes `first..end` of a frame may be accessed: objects there are for helpers that take one.
    pub(super) fn no_object(&self, depth: usize, (first, end): (i64, i64), mode: Mode, helper: bool) -> Check {
        let Some(object) = self.state.frame_at(depth).and_then(|f| f.object_in(first, end)) else {
            return Ok(());
        };
        if !mode.reads() && !helper && object.reference == 0 {
            // It is destroyed by that.
            return Ok(());
        }
        self.touches(object, mode)
    }

    fn touches(&self, object: &Object, mode: Mode) -> Check {
        let row = object.kind.row();
        let verb = if mode.reads() { "read" } else { "overwritten" };
        fail_of(
            state_of(object.kind),
            object.insn,
            format!(
                "the stack bytes at offset {} hold {} and may not be {verb} except by its helpers",
                object.off, row.noun
            ),
        )
    }

    /// The program leaves, and this object is still there.
    pub(super) fn object_leaks(&self, kind: ObjectKind, insn: u32) -> Check {
        let row = kind.row();
        let slot = self.env.unit.code.slot_of(insn as usize);
        fail_of(
            Kind::ReferenceLeak,
            insn,
            format!(
                "{} made at instruction {slot} is not {} on this path",
                row.noun,
                if row.iterator { "destroyed" } else { "submitted or discarded" }
            ),
        )
    }
}
