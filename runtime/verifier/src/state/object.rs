//! Objects on the stack that only helpers touch.
//!
//! Invariants:
//!
//! 1. An object's bytes are `off .. off + size` of its frame, multiples of 8; exactly its slots are of
//!    [`Byte::Object`](super::Byte::Object). Objects do not overlap.
//! 2. An object that must be given up has a `reference`, the id of a [`Held`](super::Held) whose class is an object's; every
//!    such one has an object. Copies of a dynptr share it. Pointers into what an object is a view of have its
//!    [`Object::view`] as their `reference`, so that they end with it.
//! 3. Objects are compared whatever liveness says of their slots, and never forgotten: what a store does depends on them.

use stingless_abi::ObjectKind;

use super::{Frame, Held, State};
use crate::region::Region;
use crate::value::Value;
use stingless_abi::RefClass;

/// An object on the stack.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Object {
    /// Its lowest byte, from the frame's `r10`.
    pub(crate) off: i64,
    /// What it is.
    pub(crate) kind: ObjectKind,
    /// Tells it from all others, also from one that was at its place before.
    pub(crate) id: u32,
    /// What must be given up; 0 for nothing.
    pub(crate) reference: u32,
    /// An iterator that may have elements left.
    pub(crate) active: bool,
    /// Elements that it gave on this path.
    pub(crate) steps: u32,
    /// The instruction that made it.
    pub(crate) insn: u32,
}

impl Object {
    /// What pointers into it depend on.
    pub(crate) fn view(&self) -> u32 {
        if self.reference != 0 { self.reference } else { self.id }
    }

    /// One past its highest byte.
    pub(crate) fn end(&self) -> i64 {
        self.off + i64::from(self.kind.row().size)
    }
}

impl Frame {
    /// The object that has one of the bytes `first..end`.
    pub(crate) fn object_in(&self, first: i64, end: i64) -> Option<&Object> {
        self.objects.iter().find(|o| first < o.end() && end > o.off)
    }
}

impl State {
    /// The object that begins at `off` of frame `depth`.
    pub(crate) fn object_at(&self, depth: usize, off: i64) -> Option<&Object> {
        self.frame_at(depth)?.objects.iter().find(|o| o.off == off)
    }

    /// Changes the object that begins at `off` of frame `depth`; `None` if there is none.
    pub(crate) fn change_object(&mut self, depth: usize, off: i64, change: impl FnOnce(&mut Object)) -> Option<()> {
        let frame = self.frame_at_mut(depth)?;
        change(frame.objects.iter_mut().find(|o| o.off == off)?);
        Some(())
    }

    /// Puts an object on the stack of frame `depth`, where none is.
    pub(crate) fn make_object(&mut self, depth: usize, object: Object) -> Option<()> {
        let frame = self.frame_at_mut(depth)?;
        frame.stack.occupy(object.off, i64::from(object.kind.row().size), true);
        // In order of their place: states that hold the same look the same.
        let at = frame.objects.partition_point(|o| o.off < object.off);
        frame.objects.insert(at, object);
        if object.reference != 0 && !self.held.iter().any(|h| h.id == object.reference) {
            self.held.push(Held { id: object.reference, class: RefClass::Object(object.kind), insn: object.insn });
        }
        Some(())
    }

    /// Takes the object that begins at `off` off the stack of frame `depth`, and its copies with it where they must be
    /// given up together: their bytes are unwritten, and pointers that depend on them gone.
    pub(crate) fn drop_object(&mut self, depth: usize, off: i64) -> Option<()> {
        let object = *self.object_at(depth, off)?;
        let gone = |o: &Object| o.id == object.id || object.reference != 0 && o.reference == object.reference;
        for depth in 0..self.depth() {
            while let Some(copy) = self.frame_at(depth).and_then(|f| f.objects.iter().copied().find(gone)) {
                let frame = self.frame_at_mut(depth)?;
                frame.objects.retain(|o| o.off != copy.off);
                frame.stack.occupy(copy.off, i64::from(copy.kind.row().size), false);
            }
        }
        self.forget_views(object.view());
        self.held.retain(|h| object.reference == 0 || h.id != object.reference);
        Some(())
    }

    /// Pointers that depend on an object are no good any more; those that are not NULL may still be told to be so.
    fn forget_views(&mut self, id: u32) {
        self.update_all(
            |v| !fault!(91) && v.is_ptr() && v.reference == id,
            |v| *v = if v.nullable { Value::UNINIT } else { Value::ptr(Region::Gone) },
        );
    }

    /// The iterator with an id, if there are elements left in it.
    pub(crate) fn active_iterator(&self, id: u32) -> Option<&Object> {
        self.frames().iter().flat_map(|f| &f.objects).find(|o| o.id == id && o.active)
    }

    /// Whether an iterator that both states have gave more elements on the way to one of them.
    pub(crate) fn steps_differ(&self, other: &State) -> bool {
        let iterators = self.frames().iter().flat_map(|f| &f.objects).filter(|o| o.active);
        iterators.into_iter().any(|a| other.active_iterator(a.id).is_some_and(|b| a.steps != b.steps))
    }
}
