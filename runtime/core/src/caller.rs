//! What a helper sees of the call it is part of.

use std::any::{Any, TypeId};
use std::cell::RefCell;
use std::collections::HashMap;

use stingless_abi::HookDef;

use crate::helper::{HelperError, HelperResult};
use crate::hook::Ctx;
use crate::sync::Arc;
use crate::sys::args::{CallbackCtx, ForEachCallback, LoopCallback};
use crate::sys::call::CallCx;
use crate::sys::handle::{Handle, Lent};

/// Rows of hooks that a thread remembers.
const SEEN_MAX: usize = 16;

thread_local! {
    /// Row, address of a type's `def`, and whether they are the same.
    static SEEN: RefCell<Vec<(Arc<HookDef>, usize, bool)>> = const { RefCell::new(Vec::new()) };
}

/// The call in progress, as a helper sees it.
pub struct Caller<'c> {
    cx: CallCx<'c>,
}

impl<'c> Caller<'c> {
    #[doc(hidden)]
    #[must_use]
    pub fn new(cx: CallCx<'c>) -> Caller<'c> {
        Caller { cx }
    }

    /// The host's state of type `T`, as given to [`Linker::host`](crate::Linker::host).
    ///
    /// # Panics
    /// If the host registered no state of this type: a bug of the host, reported as a trap.
    #[must_use]
    pub fn host<T: Any + Send + Sync>(&self) -> &T {
        self.try_host().unwrap_or_else(|| {
            panic!("no host state of type {}: give it to Linker::host before loading", std::any::type_name::<T>())
        })
    }

    /// The host's state of type `T`, if there is one.
    #[must_use]
    pub fn try_host<T: Any + Send + Sync>(&self) -> Option<&T> {
        self.cx.host_state()?.get()
    }

    /// Number of this thread's execution slot: stable for the thread's life, small, below the engine's bound.
    #[must_use]
    pub fn slot(&self) -> u32 {
        self.cx.slot()
    }

    /// Name of the running program.
    #[must_use]
    pub fn program(&self) -> &str {
        self.cx.program().name()
    }

    /// Lends an object to the plugin, which must give it back on every path to a helper with `#[effects(releases_arg1)]`;
    /// a run that traps gives back what it holds. Giving back is the object's `Drop`, where nobody else has it.
    pub fn lend<T: Any + Send + Sync, const CLASS: u32>(&mut self, object: Arc<T>) -> Lent<CLASS> {
        Lent(self.cx.lend(object))
    }

    /// The object that the plugin borrowed; `None` if it is no `T`.
    #[must_use]
    pub fn lent<T: Any + Send + Sync, const CLASS: u32>(&self, handle: Handle<'_, CLASS>) -> Option<Arc<T>> {
        self.cx.lent(handle.key)?.downcast().ok()
    }

    /// Takes an object back; `None` if it is no `T`, which is dropped then.
    pub fn take_back<T: Any + Send + Sync, const CLASS: u32>(&mut self, handle: Handle<'_, CLASS>) -> Option<Arc<T>> {
        let object = self.lent(handle);
        self.cx.give_back(handle.key, true, 0);
        object
    }

    /// Keeps what an object on the plugin's stack has no room for; gives the number to find it by. It goes with
    /// [`Caller::forget`], or when the run ends.
    pub fn keep<T: Any + Send + Sync>(&mut self, what: Arc<T>) -> u64 {
        self.cx.lend(what)
    }

    /// What was kept under a number; `None` if that is no `T`.
    #[must_use]
    pub fn kept<T: Any + Send + Sync>(&self, key: u64) -> Option<Arc<T>> {
        self.cx.lent(key)?.downcast().ok()
    }

    /// Lets go what was kept under a number.
    pub fn forget(&mut self, key: u64) {
        self.cx.give_back(key, true, 0);
    }

    /// Runs a callback of `bpf_loop`'s kind once.
    ///
    /// # Errors
    /// The callback's trap: return it unchanged.
    pub fn call_loop(&mut self, callback: LoopCallback<'_>, index: u64, ctx: CallbackCtx<'_>) -> HelperResult {
        Ok(self.cx.call_back(callback.addr, [index, ctx.addr, 0, 0])?)
    }

    /// Runs a callback of `bpf_for_each_map_elem`'s kind once, with addresses of map, key and value.
    pub(crate) fn call_for_each(&mut self, callback: ForEachCallback<'_>, args: [u64; 4]) -> HelperResult {
        Ok(self.cx.call_back(callback.addr, args)?)
    }

    /// The running program's hook.
    pub(crate) fn hook(&self) -> &stingless_abi::HookDef {
        self.cx.program().hook()
    }

    pub(crate) fn cx(&mut self) -> &mut CallCx<'c> {
        &mut self.cx
    }

    /// Whether the running program's hook is that of a context type: same row, so same layout.
    pub(crate) fn is_hook<H: Ctx>(&self) -> bool {
        let found = self.cx.program().hook();
        // Rows take long to make and to compare: each thread remembers the answers of a few. The rows are kept, so that
        // their addresses stay theirs; two types whose `def` is one function have one row.
        let def = H::def as fn() -> crate::hook::HookParts as usize;
        SEEN.with_borrow_mut(|seen| {
            if let Some((_, _, same)) = seen.iter().find(|(row, of, _)| Arc::ptr_eq(row, found) && *of == def) {
                return *same;
            }
            let want = H::def().hook;
            let same = found.name == want.name && **found == want;
            if seen.len() == SEEN_MAX {
                seen.clear();
            }
            seen.push((found.clone(), def, same));
            same
        })
    }

    /// Linux's number of the running program's type (`BPF_PROG_TYPE_*`), 0 where Linux has no such hook.
    #[must_use]
    pub fn linux_type(&self) -> u32 {
        self.cx.program().hook().linux_type
    }

    /// An error that traps, for `return Err(..)`.
    #[must_use]
    pub fn error(&self, message: impl Into<std::borrow::Cow<'static, str>>) -> HelperError {
        HelperError::new(message)
    }
}

/// State that a host lends to its helpers, by type.
#[derive(Default, Clone)]
pub(crate) struct HostState {
    /// Helpers look here in every call: the hash must be quick, and its keys are the compiler's own.
    values: HashMap<TypeId, Arc<dyn Any + Send + Sync>, ahash::RandomState>,
}

impl HostState {
    pub(crate) fn insert<T: Any + Send + Sync>(&mut self, value: T) {
        self.values.insert(TypeId::of::<T>(), Arc::new(value));
    }

    pub(crate) fn get<T: Any>(&self) -> Option<&T> {
        self.values.get(&TypeId::of::<T>())?.downcast_ref()
    }
}
