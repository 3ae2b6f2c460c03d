//! The call in progress on this thread, as helpers and interpreters see it.

use std::marker::PhantomData;
use std::ptr::{NonNull, with_exposed_provenance, with_exposed_provenance_mut};
use std::sync::Arc;

use stingless_abi::{TrapKind, VmCtx};

use crate::caller::HostState;
use crate::sys::entry::{HelperFn, call_guarded};
use crate::vm::{
    CALLBACK_STEPS, CallBack, Held, HelperError, HelperRow, Program, Record, Release, Trapped, tail_target,
};

/// A handle on the call in progress. It lives as long as the helper's body or the interpreter's run that received it, and
/// stays on its thread.
#[derive(Debug)]
pub struct CallCx<'c> {
    vm: NonNull<VmCtx>,
    _call: PhantomData<(&'c (), *mut ())>,
}

impl<'c> CallCx<'c> {
    /// # Safety
    /// `vm` is this thread's live `VmCtx`, inside a call (`vm.call` is its record), for all of `'c`, and no other code on
    /// this thread keeps a reference into the `VmCtx` or the record.
    pub(crate) unsafe fn from_vm(vm: *mut VmCtx) -> CallCx<'c> {
        // SAFETY: the caller passes a live VmCtx, which is not null.
        CallCx { vm: unsafe { NonNull::new_unchecked(vm) }, _call: PhantomData }
    }

    /// Another handle on the same call, which stands in for this one.
    #[doc(hidden)]
    pub fn reborrow(&mut self) -> CallCx<'_> {
        CallCx { vm: self.vm, _call: PhantomData }
    }

    fn vm(&self) -> &VmCtx {
        // SAFETY: live by `from_vm`; the references that this module makes end before any other code runs.
        unsafe { self.vm.as_ref() }
    }

    fn vm_mut(&mut self) -> &mut VmCtx {
        // SAFETY: as in `vm`; `&mut self` is the only handle in use.
        unsafe { self.vm.as_mut() }
    }

    fn record(&self) -> &Record<'c> {
        // SAFETY: `from_vm`: `vm.call` is the live record of this call, which `run` stored with its provenance exposed.
        unsafe { &*with_exposed_provenance::<Record<'c>>(self.vm().call as usize) }
    }

    fn record_mut(&mut self) -> &mut Record<'c> {
        // SAFETY: as in `record`; `&mut self` is the only handle in use.
        unsafe { &mut *with_exposed_provenance_mut::<Record<'c>>(self.vm().call as usize) }
    }

    /// Opaque state that `Program::run` was given.
    pub(crate) fn host(&self) -> *const () {
        self.record().host
    }

    /// The state that the host lends to helpers; none in a run of an assumed program.
    pub(crate) fn host_state(&self) -> Option<&HostState> {
        let host = self.host().cast::<HostState>();
        // SAFETY: `Typed::call` passes a `HostState` that outlives the run, and the only other caller of `Program::run`,
        // `run_assumed`, passes NULL.
        unsafe { host.as_ref() }
    }

    /// Execution slot of this thread (`bpf_get_smp_processor_id`), below `MAX_SLOTS`.
    #[must_use]
    pub fn slot(&self) -> u32 {
        self.vm().slot
    }

    /// Environment of the helper that runs: the word its row was registered with.
    #[doc(hidden)]
    #[must_use]
    pub fn env(&self) -> u64 {
        self.vm().env
    }

    /// The program that runs.
    pub(crate) fn program(&self) -> &Program {
        self.record().program()
    }

    /// Raises a trap: keeps kind and words for whoever called the program.
    pub(crate) fn trap(&mut self, kind: TrapKind, message: impl Into<String>) -> Trapped {
        self.set_trap(kind, message.into());
        Trapped(kind)
    }

    pub(crate) fn set_trap(&mut self, kind: TrapKind, message: String) {
        self.record_mut().message = message;
        self.vm_mut().trap = kind as u32;
    }

    /// Keeps a helper's error as the pending trap; a callback's trap stays as it is.
    pub(crate) fn keep_error(&mut self, error: HelperError) -> TrapKind {
        if let Some(cookie) = error.cookie() {
            self.record_mut().exception = Some(cookie);
        }
        match error.into_trap() {
            Ok((kind, message)) => {
                self.set_trap(kind, message);
                kind
            }
            Err(Trapped(kind)) => {
                self.vm_mut().trap = kind as u32;
                kind
            }
        }
    }

    /// Whether a trap is pending.
    pub(crate) fn pending(&self) -> Result<(), Trapped> {
        match TrapKind::from_number(self.vm().trap) {
            None => Ok(()),
            Some(kind) => Err(Trapped(kind)),
        }
    }

    /// Stores where the program is, for the report of a trap.
    pub(crate) fn set_at(&mut self, insn: usize) {
        self.vm_mut().at = insn as u32;
    }

    /// Takes steps off the budget; when it is used up, looks at the clock.
    pub(crate) fn spend(&mut self, steps: u64) -> Result<(), Trapped> {
        let left = self.vm().budget.saturating_sub(steps as i64);
        self.vm_mut().budget = left;
        if left >= 0 { Ok(()) } else { self.refill() }
    }

    /// The slow path of the deadline.
    #[cold]
    pub(crate) fn refill(&mut self) -> Result<(), Trapped> {
        match self.record_mut().budget.refill() {
            Ok(steps) => {
                self.vm_mut().budget = steps;
                Ok(())
            }
            Err(allowed) => Err(self.trap(
                TrapKind::Deadline,
                format!("used more than the {allowed:?} of CPU time that one call may take"),
            )),
        }
    }

    /// Notes a reference that the program now holds, so that a trap lets it go. `key` must not be held yet.
    pub(crate) fn hold(&mut self, key: u64, owner: Arc<dyn Release>) {
        self.record_mut().held.push(Held { key, owner });
    }

    /// How much the run holds.
    pub(crate) fn holds(&self) -> usize {
        self.record().held.len()
    }

    /// Lends an object of the host, to be given back by the run's end.
    pub(crate) fn lend(&mut self, object: Arc<dyn std::any::Any + Send + Sync>) -> u64 {
        self.record_mut().lend(object)
    }

    /// The object of the host that was lent under a key.
    pub(crate) fn lent(&self, key: u64) -> Option<Arc<dyn std::any::Any + Send + Sync>> {
        self.record().lent(key)
    }

    /// Notes something that the program now holds of one of its maps; `false` where no such map lends anything.
    pub(crate) fn hold_of_map(&mut self, map: u64, key: u64) -> bool {
        let maps = || self.record().programs().flat_map(Program::maps);
        let own = maps().find(|m| m.address() == map).cloned().and_then(|m| m.lender(map));
        let Some(lender) = own.or_else(|| maps().find_map(|m| m.clone().lender(map))) else { return false };
        self.hold(key, lender);
        true
    }

    /// Gives back what the program holds under a key; `false` where it holds nothing with this key.
    pub(crate) fn give_back(&mut self, key: u64, keep: bool, flags: u64) -> bool {
        let held = &mut self.record_mut().held;
        let Some(at) = held.iter().rposition(|h| h.key == key) else { return false };
        held.remove(at).owner.give_back(key, keep, flags);
        true
    }

    /// How many programs the call has tail-called and not returned from (interpreters alone return).
    pub(crate) fn tail_depth(&self) -> usize {
        self.record().tail.len()
    }

    /// A program that was tail-called from a subprogram has returned to the program before.
    pub(crate) fn tail_return(&mut self, depth: usize) {
        self.record_mut().tail.truncate(depth);
    }

    /// Counts a tail call and gives its target, kept alive until the run ends; `None`: the call falls through.
    pub(crate) fn tail_call(&mut self, map: u64, index: u64) -> Option<Arc<Program>> {
        let next = tail_target(self.record(), self.vm().tail_calls, map, index)?;
        if next.engine() != self.record().root.engine() {
            return None;
        }
        self.vm_mut().tail_calls += 1;
        self.record_mut().tail.push(next.clone());
        Some(next)
    }

    /// Calls a helper from an interpreter; `back` runs its callbacks. The interpreter answers for the arguments, as it
    /// does for addresses (see [`Raw`](crate::sys::raw::Raw)): they are proved or checked.
    pub(crate) fn call_helper(
        &mut self,
        row: &HelperRow,
        args: [u64; 5],
        back: &mut dyn CallBack,
    ) -> Result<u64, Trapped> {
        let [r1, r2, r3, r4, r5] = args;
        self.vm_mut().env = row.env;
        let back: *mut (dyn CallBack + '_) = back;
        // SAFETY: only the lifetime changes; the pointer is taken out of the record again below, before `back` ends.
        let back = unsafe { std::mem::transmute::<*mut (dyn CallBack + '_), *mut (dyn CallBack + 'c)>(back) };
        let outer = self.record_mut().interp.replace(back);
        // SAFETY: `vm` is live (`from_vm`), the interpreter answers for the arguments, and helpers are trampolines whose
        // frames have nothing pending when they trap.
        let r0 = unsafe { call_guarded(r1, r2, r3, r4, r5, self.vm.as_ptr(), row.entry) };
        self.record_mut().interp = outer;
        self.pending()?;
        Ok(r0)
    }

    /// Calls a plugin's function that a helper was given as an argument. `callback` is what an argument of kind `Callback`
    /// held in this very call: the handles in `args` see to that.
    ///
    /// # Errors
    /// The callback trapped; the helper returns this as its own error at once.
    pub(crate) fn call_back(&mut self, callback: u64, args: [u64; 4]) -> Result<u64, Trapped> {
        self.spend(CALLBACK_STEPS)?;
        let [r1, r2, r3, r4] = args;
        let r0 = if self.vm().callback == 0 {
            let entry = with_exposed_provenance::<()>(callback as usize);
            // SAFETY: with `vm.callback` 0 a callback's value is the address of a nested entry of compiled code, of this
            // ABI (vmctx.rs); only the verifier's callback arguments get here. It has its own landing.
            unsafe {
                let entry = std::mem::transmute::<*const (), HelperFn>(entry);
                entry(r1, r2, r3, r4, 0, self.vm.as_ptr())
            }
        } else {
            let run = with_exposed_provenance::<()>(self.vm().callback as usize);
            // SAFETY: a `vm.callback` that is not 0 is a `HelperFn` that takes the callback's value as fifth argument
            // (vmctx.rs); `run` stored it.
            unsafe {
                let run = std::mem::transmute::<*const (), HelperFn>(run);
                run(r1, r2, r3, r4, callback, self.vm.as_ptr())
            }
        };
        self.pending()?;
        Ok(r0)
    }
}

/// `vm.callback` of interpreters.
///
/// # Safety
/// Called by `CallCx::call_back` alone, below a helper that `CallCx::call_helper` called.
pub(crate) unsafe extern "C" fn interpret_callback(
    r1: u64,
    r2: u64,
    r3: u64,
    r4: u64,
    callback: u64,
    vm: *mut VmCtx,
) -> u64 {
    // SAFETY: the `vm` of the call in progress; the helper's own handle waits until this returns.
    let mut cx = unsafe { CallCx::from_vm(vm) };
    let Some(back) = cx.record().interp else { return 0 };
    // SAFETY: `call_helper` stored the pointer, made from its `&mut`, and waits for the helper to return: nobody else uses
    // the interpreter.
    let outcome = unsafe { &mut *back }.call_back(&mut cx, callback, [r1, r2, r3, r4]);
    // A trap is pending in the VmCtx: `CallCx::call_back` looks.
    outcome.unwrap_or(0)
}

/// `vm.out_of_budget` of compiled code.
///
/// # Safety
/// Called by compiled code in an entry with a landing.
pub(crate) unsafe extern "C" fn out_of_budget(vm: *mut VmCtx) {
    // SAFETY: compiled code passes the `vm` of the call in progress.
    let outcome = unsafe { CallCx::from_vm(vm) }.refill();
    if let Err(Trapped(kind)) = outcome {
        // SAFETY: the caller is compiled code with a landing; this frame has nothing with a destructor.
        unsafe { leave(vm, kind) }
    }
}

#[cfg(target_arch = "x86_64")]
unsafe fn leave(vm: *mut VmCtx, kind: TrapKind) {
    // SAFETY: as for `out_of_budget`.
    unsafe { crate::sys::entry::trap_exit(vm, kind as u32) }
}

#[cfg(not(target_arch = "x86_64"))]
unsafe fn leave(_: *mut VmCtx, _: TrapKind) {}

/// `vm.tail_call` of compiled code: the target's tail entry, or 0 to fall through.
///
/// # Safety
/// Called by compiled code with the `vm` of the call in progress.
pub(crate) unsafe extern "C" fn compiled_tail_call(map: u64, index: u64, vm: *mut VmCtx) -> u64 {
    // SAFETY: as above.
    let mut cx = unsafe { CallCx::from_vm(vm) };
    cx.tail_call(map, index).and_then(|next| next.tail_entry()).unwrap_or(0)
}
