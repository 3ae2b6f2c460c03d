//! Where machine stacks meet: the guarded call, the trap exit and the helper trampoline.
//!
//! The frame is the one that [`stingless_abi::vmctx`] draws. On machines without a compiler yet, helpers return to the
//! interpreter, which looks at `vm.trap` after each call; nothing jumps.

use std::panic::{AssertUnwindSafe, catch_unwind};

use stingless_abi::{TrapKind, VmCtx};

use crate::sys::call::CallCx;
use crate::vm::HelperError;

/// The one ABI of everything that can be called (architecture.md 6).
pub type HelperFn = unsafe extern "C" fn(u64, u64, u64, u64, u64, *mut VmCtx) -> u64;

/// Calls `f(r1..r5, vm)` inside a frame that a trap can return to. After it, `vm.trap` says whether one did; the result
/// is garbage then.
///
/// # Safety
/// `vm` is this thread's live `VmCtx`; `f` may be called with these arguments; every frame between this call and a
/// `trap_exit` below it has no destructor pending (trampolines and compiled code keep that).
#[cfg(target_arch = "x86_64")]
#[unsafe(naked)]
pub(crate) unsafe extern "C" fn call_guarded(
    r1: u64,
    r2: u64,
    r3: u64,
    r4: u64,
    r5: u64,
    vm: *mut VmCtx,
    f: HelperFn,
) -> u64 {
    core::arch::naked_asm!(
        "push rbp",
        "push rbx",
        "push r12",
        "push r13",
        "push r14",
        "push r15",
        "mov r12, r9",
        "push qword ptr [r12 + {entry_sp}]",
        "lea rax, [rip + 2f]",
        "push rax",
        "mov [r12 + {entry_sp}], rsp",
        // `f` is the seventh argument: above eight pushes and the return address.
        "mov rax, [rsp + 72]",
        // Eight pushes after a call leave the stack at 8 modulo 16.
        "sub rsp, 8",
        "call rax",
        // The padding and the landing's address.
        "add rsp, 16",
        // The landing: a trap comes here by `ret`, with r12 = vm.
        "2:",
        "pop qword ptr [r12 + {entry_sp}]",
        "pop r15",
        "pop r14",
        "pop r13",
        "pop r12",
        "pop rbx",
        "pop rbp",
        "ret",
        entry_sp = const stingless_abi::vmctx::ENTRY_SP,
    )
}

/// Leaves the innermost entry with a trap: everything below its landing is abandoned.
///
/// # Safety
/// `vm` is this thread's live `VmCtx`, `vm.entry_sp` is that of an entry still on this stack, and no frame in between has a
/// destructor pending.
#[cfg(target_arch = "x86_64")]
#[unsafe(naked)]
pub(crate) unsafe extern "C" fn trap_exit(vm: *mut VmCtx, kind: u32) -> ! {
    core::arch::naked_asm!(
        "mov [rdi + {trap}], esi",
        "mov r12, rdi",
        "mov rsp, [rdi + {entry_sp}]",
        "ret",
        trap = const stingless_abi::vmctx::TRAP,
        entry_sp = const stingless_abi::vmctx::ENTRY_SP,
    )
}

/// Machines without a compiler: the interpreter is the only caller, and looks at `vm.trap` itself.
///
/// # Safety
/// `vm` is this thread's live `VmCtx` and `f` may be called with these arguments.
#[cfg(not(target_arch = "x86_64"))]
pub(crate) unsafe extern "C" fn call_guarded(
    r1: u64,
    r2: u64,
    r3: u64,
    r4: u64,
    r5: u64,
    vm: *mut VmCtx,
    f: HelperFn,
) -> u64 {
    // SAFETY: passed on to the caller.
    unsafe { f(r1, r2, r3, r4, r5, vm) }
}

/// Address of `trap_exit`, for compiled code; 0 where there is none.
pub(crate) fn trap_exit_address() -> u64 {
    #[cfg(target_arch = "x86_64")]
    return (trap_exit as unsafe extern "C" fn(*mut VmCtx, u32) -> ! as *const ()).expose_provenance() as u64;
    #[cfg(not(target_arch = "x86_64"))]
    return 0;
}

/// Body of every helper's `extern "C"` function: runs `f`, and turns an error or a panic into a trap of the plugin.
///
/// # Safety
/// Called from an `extern "C"` function of type [`HelperFn`] with the `vm` that it was given, with nothing in that
/// function's frame that has a destructor.
#[doc(hidden)]
pub unsafe fn trampoline<F>(vm: *mut VmCtx, f: F) -> u64
where
    F: FnOnce(&mut CallCx<'_>) -> Result<u64, HelperError>,
{
    // SAFETY: the caller passes the `vm` of a call in progress; the handle lives inside this call only.
    let mut cx = unsafe { CallCx::from_vm(vm) };
    match guarded(&mut cx, f) {
        Ok(value) => value,
        // SAFETY: `guarded` has dropped `f`, its error and its payload; `cx` is a pointer. So no destructor is pending here.
        Err(kind) => unsafe { raise(vm, kind) },
    }
}

/// Runs a helper's body and keeps what went wrong in the call's record.
fn guarded<F>(cx: &mut CallCx<'_>, f: F) -> Result<u64, TrapKind>
where
    F: FnOnce(&mut CallCx<'_>) -> Result<u64, HelperError>,
{
    let outcome = catch_unwind(AssertUnwindSafe(|| f(cx)));
    match outcome {
        // A callback's trap that the helper kept to itself is raised all the same.
        Ok(Ok(value)) => cx.pending().map(|()| value).map_err(|trapped| trapped.kind()),
        Ok(Err(error)) => Err(cx.keep_error(error)),
        Err(payload) => {
            cx.set_trap(TrapKind::Panic, panic_message(&*payload));
            // A payload's own drop may panic; the payload of that panic is leaked, for it may panic again.
            if let Err(second) = catch_unwind(AssertUnwindSafe(|| drop(payload))) {
                std::mem::forget(second);
            }
            Err(TrapKind::Panic)
        }
    }
}

/// What a panic said.
pub(crate) fn panic_message(payload: &(dyn std::any::Any + Send)) -> String {
    if let Some(text) = payload.downcast_ref::<&str>() {
        (*text).to_owned()
    } else if let Some(text) = payload.downcast_ref::<String>() {
        text.clone()
    } else {
        "a helper panicked with a value that is not text".to_owned()
    }
}

/// Raises a trap whose record is kept already.
///
/// # Safety
/// As for `trap_exit`, save that `entry_sp` may be 0: an entry that promised never to trap. That is a bug which cannot
/// be survived, so the process ends.
#[cfg(target_arch = "x86_64")]
unsafe fn raise(vm: *mut VmCtx, kind: TrapKind) -> ! {
    // SAFETY: `vm` is this thread's live VmCtx.
    if unsafe { (*vm).entry_sp } == 0 {
        eprintln!("stingless: a helper that was declared not to trap did ({}); no entry to return to", kind.key());
        std::process::abort();
    }
    // SAFETY: `entry_sp` belongs to the innermost entry (`run` clears it before each), and the caller has no destructor
    // pending.
    unsafe { trap_exit(vm, kind as u32) }
}

/// Machines without a compiler: returns to the interpreter, which sees `vm.trap`.
///
/// # Safety
/// `vm` is this thread's live `VmCtx`.
#[cfg(not(target_arch = "x86_64"))]
unsafe fn raise(vm: *mut VmCtx, kind: TrapKind) -> u64 {
    // SAFETY: the caller passes this thread's live VmCtx.
    unsafe { (*vm).trap = kind as u32 };
    0
}
