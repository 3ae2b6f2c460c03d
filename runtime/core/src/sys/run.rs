//! One run: the thread's `VmCtx`, the engine, and everything put back afterwards.

use std::cell::{Cell, UnsafeCell};
use std::ptr::with_exposed_provenance;
use std::sync::Arc;
use std::time::Duration;

use stingless_abi::{Proto, TrapKind, VmCtx};
use stingless_isa::{Callee, Insn};

use crate::interp;
use crate::sys::call::{CallCx, compiled_tail_call, interpret_callback, out_of_budget};
use crate::sys::entry::HelperFn;
use crate::sys::epoch;
use crate::sys::raw::Raw;
use crate::vm::{Budget, EngineKind, Program, Record, Trap, Trapped};

/// Calls that may be nested (plugin -> helper -> plugin ...): each takes native stack.
const MAX_NESTED: u32 = 32;
/// `vm.at` before the first instruction that can trap.
const NOWHERE: u32 = u32::MAX;

/// A thread's part of execution: one `VmCtx` for life.
struct Exec {
    ctx: UnsafeCell<VmCtx>,
    nested: Cell<u32>,
}

thread_local! {
    static EXEC: Exec = const {
        Exec { ctx: UnsafeCell::new(IDLE), nested: Cell::new(0) }
    };
}

/// The `VmCtx` of a thread that runs no plugin.
const IDLE: VmCtx = VmCtx {
    entry_sp: 0,
    budget: 0,
    env: 0,
    callback: 0,
    out_of_budget: 0,
    tail_call: 0,
    call: 0,
    tail_calls: 0,
    at: NOWHERE,
    trap: 0,
    slot: 0,
};

/// Puts the thread's `VmCtx` back as it was before the run, however the run ends.
struct Nested<'e> {
    exec: &'e Exec,
    saved: Option<VmCtx>,
}

impl<'e> Nested<'e> {
    fn enter(exec: &'e Exec, ctx: VmCtx) -> Nested<'e> {
        exec.nested.set(exec.nested.get() + 1);
        // SAFETY: only this thread uses its `Exec`, and nobody keeps a reference into `ctx` across a run.
        let saved = Some(unsafe { exec.ctx.get().replace(ctx) });
        Nested { exec, saved }
    }
}

impl Drop for Nested<'_> {
    fn drop(&mut self) {
        self.exec.nested.set(self.exec.nested.get() - 1);
        if let Some(saved) = self.saved.take() {
            // SAFETY: as in `enter`.
            unsafe { self.exec.ctx.get().write(saved) }
        }
    }
}

impl Program {
    /// Runs the program with these arguments in `r1`..`r5`, and gives the 64 bits of `r0`.
    ///
    /// # Errors
    /// The run's trap. What the program held has been let go.
    ///
    /// # Safety
    /// The arguments are what the program's hook promises: for `Entry::Ctx` a pointer to a live native context of the
    /// hook's layout whose data regions are live memory with the layout's rights, for `Entry::Mem` memory and its length,
    /// all exclusive to this call, their provenance exposed, and `host` is what the program's helpers expect. An assumed
    /// program does only what its test says.
    pub(crate) unsafe fn run(&self, args: [u64; 5], host: *const (), deadline: Option<Duration>) -> Result<u64, Trap> {
        EXEC.try_with(|exec| {
            // SAFETY: passed on to the caller.
            unsafe { run_in(exec, self, args, host, deadline) }
        })
        .unwrap_or_else(|_| Err(no_resources(self, "the thread is ending")))
    }
}

/// # Safety
/// As for `Program::run`; `exec` is this thread's.
unsafe fn run_in(
    exec: &Exec,
    program: &Program,
    args: [u64; 5],
    host: *const (),
    deadline: Option<Duration>,
) -> Result<u64, Trap> {
    let slot = epoch::slot().ok_or_else(|| no_resources(program, "every execution slot is taken by a thread"))?;
    if exec.nested.get() >= MAX_NESTED {
        return Err(no_resources(program, "plugins are nested more than 32 deep on one thread"));
    }
    // Elements that the program may have looked up stay what they are until it ends.
    let _pinned = program.needs_epoch().then(epoch::enter);
    let (budget, steps) = Budget::new(deadline);
    let mut record = Record::new(program, host, budget);
    let call = (&raw mut record).expose_provenance() as u64;
    let nested = Nested::enter(exec, fresh(program.engine(), slot, steps, call));
    // SAFETY: passed on to the caller; the `VmCtx` is this thread's and its record lives in this frame.
    let mut outcome = unsafe { execute(program, exec.ctx.get(), args) };
    if let (Err(Trapped(TrapKind::Throw)), Some(cookie)) = (&outcome, record.exception.take()) {
        // SAFETY: as above; the engine has returned.
        outcome = unsafe { caught(exec.ctx.get(), &mut record, args, cookie) };
    }
    // SAFETY: the engine has returned: nobody else reads the VmCtx now.
    let at = unsafe { (*exec.ctx.get()).at };
    drop(nested);
    // Dropping the record takes back what the program still holds.
    outcome.map_err(|Trapped(kind)| trap_of(&record, kind, at))
}

/// The `VmCtx` of a run that starts.
fn fresh(engine: EngineKind, slot: u32, steps: i64, call: u64) -> VmCtx {
    let callback = match engine {
        EngineKind::Jit => 0,
        EngineKind::Interp | EngineKind::Checked => (interpret_callback as HelperFn as *const ()).expose_provenance(),
    };
    let refill = out_of_budget as unsafe extern "C" fn(*mut VmCtx) as *const ();
    let tail_call = compiled_tail_call as unsafe extern "C" fn(u64, u64, *mut VmCtx) -> u64 as *const ();
    VmCtx {
        // An entry without a landing leaves 0 here: a trap below it must not find the landing of an outer run.
        entry_sp: 0,
        budget: steps,
        callback: callback as u64,
        out_of_budget: refill.expose_provenance() as u64,
        tail_call: tail_call.expose_provenance() as u64,
        call,
        slot,
        ..IDLE
    }
}

/// # Safety
/// As for `Program::run`; `vm` is this thread's `VmCtx` and holds a live record.
unsafe fn execute(program: &Program, vm: *mut VmCtx, args: [u64; 5]) -> Result<u64, Trapped> {
    // SAFETY: passed on to the caller.
    let mut cx = unsafe { CallCx::from_vm(vm) };
    // SAFETY: the interpreters run a `Verified` program as it stands (or one that a test answers for), or look each access up.
    let raw = unsafe { Raw::new() };
    match program.engine() {
        EngineKind::Interp => interp::run_trusted(raw, &mut cx, program, args),
        EngineKind::Checked => interp::run_checked(raw, &mut cx, program, args),
        EngineKind::Jit => {
            let entry = program.entry().unwrap_or_default();
            assert_ne!(entry, 0, "a compiled program has an entry");
            let [r1, r2, r3, r4, r5] = args;
            // SAFETY: the entry is the address of a function of this ABI in the sealed image that `program` keeps alive;
            // `Program::compiled` took it from the image whose blob these parts resolved. The arguments are the caller's.
            let r0 = unsafe {
                let entry = with_exposed_provenance::<()>(entry as usize);
                std::mem::transmute::<*const (), HelperFn>(entry)(r1, r2, r3, r4, r5, vm)
            };
            cx.pending()?;
            Ok(r0)
        }
    }
}

/// The program threw: its callback for exceptions gives its result, or what was thrown is it. The callback is interpreted in
/// every engine, for it is rare.
///
/// # Safety
/// As for `execute`; `record` is the record of `vm`, and no engine runs.
unsafe fn caught(vm: *mut VmCtx, record: &mut Record<'_>, args: [u64; 5], cookie: u64) -> Result<u64, Trapped> {
    record.release_all();
    // SAFETY: `vm` is live, and no engine runs.
    let at = unsafe { (*vm).at };
    let Some(tail) = thrower(record, at as usize) else { return Err(Trapped(TrapKind::Throw)) };
    let program = tail.as_deref().unwrap_or(record.root);
    let unit = program.unit();
    let Some(sub) = unit.exception_callback.and_then(|at| unit.code.subprogs().get(at)) else { return Ok(cookie) };
    // SAFETY: `vm` is live, and nobody else uses it. Callbacks below are the interpreter's.
    unsafe {
        (*vm).trap = 0;
        (*vm).callback = (interpret_callback as HelperFn as *const ()).expose_provenance() as u64;
    }
    // SAFETY: passed on to the caller.
    let mut cx = unsafe { CallCx::from_vm(vm) };
    // SAFETY: as in `execute`; the callback was proved with the program.
    let raw = unsafe { Raw::new() };
    let at = sub.start as usize;
    match program.engine() {
        EngineKind::Checked => interp::catch_checked(raw, &mut cx, program, args, (at, cookie)),
        EngineKind::Interp | EngineKind::Jit => interp::catch_trusted(raw, &mut cx, program, args, (at, cookie)),
    }
}

/// The program that threw at its instruction `at`: one that was tail-called, or (`Some(None)`) the root. Compiled code does
/// not tell when one that was tail-called from a subprogram has returned to it; where it may have been either, `None`:
/// what one throws was proved for its own callback alone.
fn thrower(record: &Record<'_>, at: usize) -> Option<Option<Arc<Program>>> {
    let last = record.tail.last().cloned();
    if record.root.engine() != EngineKind::Jit {
        return Some(last);
    }
    let mut found = None;
    for (place, tail) in std::iter::once(None).chain(record.tail.iter().map(Some)).enumerate() {
        let unit = tail.map_or(record.root, |t| &**t).unit();
        let calls = |insn: &Insn, has: fn(&Proto) -> bool| {
            let Insn::Call(Callee::Helper(id)) = insn else { return false };
            unit.protos.get(*id).is_some_and(|p| has(p))
        };
        let insns = unit.code.insns();
        let throws = insns.get(at).is_some_and(|insn| calls(insn, |p| p.effects.throws));
        let below = unit.code.subprogs().get(1).map_or(insns.len(), |s| s.start as usize);
        let left = insns.iter().skip(below).any(|insn| calls(insn, |p| p.effects.tail_call));
        if !throws || place < record.tail.len() && !left {
            continue;
        }
        let same = |f: &Option<Arc<Program>>| std::ptr::eq(f.as_deref().unwrap_or(record.root).unit(), unit);
        if found.as_ref().is_some_and(|f| !same(f)) {
            return None;
        }
        found = Some(tail.cloned());
    }
    found.or(Some(last))
}

/// What the host is told of a trap.
fn trap_of(record: &Record<'_>, kind: TrapKind, at: u32) -> Trap {
    let program = record.program();
    let unit = program.unit();
    let at = Some(at as usize).filter(|&at| at < unit.code.len());
    Trap {
        kind,
        message: record.message.clone(),
        program: unit.name.clone(),
        insn: at.map(|at| unit.code.slot_of(at)),
        line: at.and_then(|at| unit.line_of(at)).cloned(),
    }
}

fn no_resources(program: &Program, why: &str) -> Trap {
    Trap {
        kind: TrapKind::Resources,
        message: why.to_owned(),
        program: program.unit().name.clone(),
        insn: None,
        line: None,
    }
}
