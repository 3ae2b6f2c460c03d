//! Objects on the stack that only helpers touch.
//!
//! Invariants:
//!
//! 1. An object's bytes are `off .. off + size` of its frame, multiples of 8; exactly its slots are of
//!    [`Byte::Object`](super::Byte::Object). Objects do not overlap.
//! 2. An object that must be given up has a [`Held`](super::Held) with its `id`, and the other way round. Pointers to its
//!    element have that id as their `reference`, so that they end with it.
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
    /// An iterator that may have elements left.
    pub(crate) active: bool,
    /// Elements that it gave on this path.
    pub(crate) steps: u32,
    /// The instruction that made it.
    pub(crate) insn: u32,
}

impl Object {
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
        if object.kind.row().held {
            self.held.push(Held { id: object.id, class: RefClass::Object(object.kind), insn: object.insn });
        }
        Some(())
    }

    /// Takes the object that begins at `off` off the stack of frame `depth`: its bytes are unwritten, and pointers that
    /// depend on it gone.
    pub(crate) fn drop_object(&mut self, depth: usize, off: i64) -> Option<Object> {
        let frame = self.frame_at_mut(depth)?;
        let at = frame.objects.iter().position(|o| o.off == off)?;
        let object = frame.objects.remove(at);
        frame.stack.occupy(object.off, i64::from(object.kind.row().size), false);
        self.forget_views(object.id);
        if object.kind.row().held {
            let at = self.held.iter().position(|h| h.id == object.id)?;
            self.held.remove(at);
        }
        Some(object)
    }

    /// Pointers that depend on an object are no good any more; those that are not NULL may still be told to be so.
    fn forget_views(&mut self, id: u32) {
        self.update_all(
            |v| v.is_ptr() && v.reference == id,
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
