//! The record of a call: what core must know while a program runs, on the stack of `Program::run`.

use std::any::Any;
use std::sync::Arc;

use crate::sys::call::CallCx;
use crate::vm::{Budget, Program, Trapped};

/// Gives back what a program held when its run ended early.
pub(crate) trait Release: Send + Sync {
    /// Lets `key` (a record's address, a lock) go as if the program had never taken it.
    fn release(&self, key: u64);

    /// The program gives it back itself: `keep` hands its contents on (a record that is submitted).
    fn give_back(&self, key: u64, keep: bool, flags: u64) {
        let _ = (keep, flags);
        self.release(key);
    }

    /// The host's object, if this is one that was lent.
    fn lent(&self) -> Option<&Arc<dyn Any + Send + Sync>> {
        None
    }
}

/// An object of the host that a plugin borrowed. What giving it back means is the object's own `Drop`.
struct Loan(Arc<dyn Any + Send + Sync>);

impl Release for Loan {
    fn release(&self, _: u64) {}

    fn lent(&self) -> Option<&Arc<dyn Any + Send + Sync>> {
        Some(&self.0)
    }
}

/// A reference that the program holds.
pub(crate) struct Held {
    /// What: unique among the references held.
    pub(crate) key: u64,
    /// Who takes it back.
    pub(crate) owner: Arc<dyn Release>,
}

/// An interpreter that a helper can call back into.
pub(crate) trait CallBack {
    /// Runs the subprogram that starts at instruction `entry` with these arguments.
    fn call_back(&mut self, cx: &mut CallCx<'_>, entry: u64, args: [u64; 4]) -> Result<u64, Trapped>;
}

/// One call of a program.
pub(crate) struct Record<'c> {
    /// The program that was called.
    pub(crate) root: &'c Program,
    /// Programs that it tail-called, in order; the last is running (or returned to an earlier one's subprogram).
    pub(crate) tail: Vec<Arc<Program>>,
    /// Opaque state of whoever made the call (the collection's).
    pub(crate) host: *const (),
    /// References held, oldest first.
    pub(crate) held: Vec<Held>,
    /// What the program threw, if the pending trap is that.
    pub(crate) exception: Option<u64>,
    /// Words of the pending trap.
    pub(crate) message: String,
    /// Time left.
    pub(crate) budget: Budget,
    /// The interpreter that runs, while it calls a helper.
    pub(crate) interp: Option<*mut (dyn CallBack + 'c)>,
}

impl<'c> Record<'c> {
    /// The record of a call that starts.
    pub(crate) fn new(root: &'c Program, host: *const (), budget: Budget) -> Record<'c> {
        Record {
            root,
            tail: Vec::new(),
            host,
            held: Vec::new(),
            exception: None,
            message: String::new(),
            budget,
            interp: None,
        }
    }

    /// The program that runs now.
    pub(crate) fn program(&self) -> &Program {
        self.tail.last().map_or(self.root, |p| p)
    }

    /// Every program of this call: the one called and those it tail-called.
    pub(crate) fn programs(&self) -> impl Iterator<Item = &Program> {
        std::iter::once(self.root).chain(self.tail.iter().map(|p| &**p))
    }

    /// Lends an object of the host; gives the key, which is not 0 and that of nothing else held.
    pub(crate) fn lend(&mut self, object: Arc<dyn Any + Send + Sync>) -> u64 {
        let owner = Arc::new(Loan(object));
        let key = Arc::as_ptr(&owner).addr() as u64;
        self.held.push(Held { key, owner });
        key
    }

    /// The object of the host that is held under a key.
    pub(crate) fn lent(&self, key: u64) -> Option<Arc<dyn Any + Send + Sync>> {
        self.held.iter().find(|h| h.key == key)?.owner.lent().cloned()
    }

    /// Takes back all that is still held, newest first.
    pub(crate) fn release_all(&mut self) {
        while let Some(held) = self.held.pop() {
            held.owner.release(held.key);
        }
    }
}

impl Drop for Record<'_> {
    fn drop(&mut self) {
        self.release_all();
    }
}
