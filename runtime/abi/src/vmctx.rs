//! The record that compiled code, interpreters and helpers share during a call: ABI between them.
//!
//! One entry ABI for everything that is callable: `extern "C" fn(u64 r1, u64 r2, u64 r3, u64 r4, u64 r5, *mut VmCtx) -> u64`.
//! On System V x86-64 these are `rdi rsi rdx rcx r8 r9`, the result is in `rax`. Compiled code pins the `VmCtx` in [`X64_VM_REG`].
//!
//! # Entries, landings and traps
//! An entry that can trap builds this frame (x86-64; pushes in this order):
//!
//! ```text
//! return address of the caller
//! rbp rbx r12 r13 r14 r15      callee-saved
//! previous vm.entry_sp
//! address of the landing        <- vm.entry_sp points here
//! ```
//! A trap (`trap_exit(vm)` in core) sets the pinned register to `vm`, loads `rsp` from `vm.entry_sp` and executes `ret`, which
//! lands at the landing. The landing pops `vm.entry_sp`, the callee-saved registers and returns; a normal exit reaches it with
//! the landing's address already popped and the result in `rax`. Whoever called the entry then looks at `vm.trap`.

/// Number of the x86-64 register that holds the `VmCtx` in compiled code: `r12`.
pub const X64_VM_REG: u8 = 12;

/// State of the call in progress on one thread. Plain integers: only core turns them into pointers.
#[repr(C)]
#[derive(Debug)]
pub struct VmCtx {
    /// Stack pointer of the innermost entry that can trap; 0 outside of any.
    pub entry_sp: u64,
    /// Steps left until the deadline's slow path runs; compiled code and interpreters subtract.
    pub budget: i64,
    /// Environment of the helper being called, for rows that have one; stored by the caller before the call.
    pub env: u64,
    /// How a helper calls back: 0 = the callback's value is an entry address of the ABI above; else an
    /// `extern "C" fn(r1, r2, r3, r4, callback value, vm)` that runs it.
    pub callback: u64,
    /// `extern "C" fn(*mut VmCtx)`: called when `budget` falls below zero; refills it or traps and does not return.
    pub out_of_budget: u64,
    /// `extern "C" fn(map, index, *mut VmCtx) -> u64`: the tail target's address in compiled code, or 0 to fall through.
    pub tail_call: u64,
    /// Core's record of the call (collection, host state, held references, trap payload).
    pub call: u64,
    /// Tail calls made so far in this run.
    pub tail_calls: u32,
    /// Instruction index (not slot) last stored before something that can trap.
    pub at: u32,
    /// Kind of the pending trap as [`TrapKind`](crate::TrapKind) number; 0 when none.
    pub trap: u32,
    /// Execution slot of this thread (`bpf_get_smp_processor_id`).
    pub slot: u32,
}

macro_rules! offsets {
    ($($(#[$doc:meta])* $name:ident = $field:ident;)*) => {
        $($(#[$doc])* pub const $name: i32 = core::mem::offset_of!(VmCtx, $field) as i32;)*
    };
}

offsets! {
    /// Offset of [`VmCtx::entry_sp`].
    ENTRY_SP = entry_sp;
    /// Offset of [`VmCtx::budget`].
    BUDGET = budget;
    /// Offset of [`VmCtx::env`].
    ENV = env;
    /// Offset of [`VmCtx::callback`].
    CALLBACK = callback;
    /// Offset of [`VmCtx::out_of_budget`].
    OUT_OF_BUDGET = out_of_budget;
    /// Offset of [`VmCtx::tail_call`].
    TAIL_CALL = tail_call;
    /// Offset of [`VmCtx::tail_calls`].
    TAIL_CALLS = tail_calls;
    /// Offset of [`VmCtx::at`].
    AT = at;
    /// Offset of [`VmCtx::trap`].
    TRAP = trap;
    /// Offset of [`VmCtx::slot`].
    SLOT = slot;
}
