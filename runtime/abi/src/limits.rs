//! Limits and trust: Linux's values are the defaults.

use std::time::Duration;

/// Stack bytes over a call chain (Linux `MAX_BPF_STACK`).
pub const MAX_STACK: u32 = 512;
/// Frames of a call chain, the entry included (Linux `MAX_CALL_FRAMES`).
pub const MAX_FRAMES: usize = 8;
/// Tail calls of one run (Linux `MAX_TAIL_CALL_CNT`).
pub const MAX_TAIL_CALLS: u32 = 33;
/// Iterations that `bpf_loop` takes (Linux `BPF_MAX_LOOPS`).
pub const MAX_LOOPS: u32 = 1 << 23;
/// Iterations of one `may_goto` (Linux `BPF_MAX_TIMED_LOOPS` fallback count).
pub const MAY_GOTO_BUDGET: u32 = 8 << 20;
/// Bound on |constant| added to a pointer, exclusive (Linux `BPF_MAX_VAR_OFF`).
pub const MAX_POINTER_OFFSET: i64 = 1 << 29;
/// Bound on |offset| reached from a packet pointer, inclusive (Linux `MAX_PACKET_OFF`).
pub const MAX_PACKET_OFFSET: u64 = 0xffff;

/// Whose plugins these are.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Trust {
    /// No pointer leaks, no uninitialised stack (Linux without `CAP_PERFMON`, Spectre rules apart).
    #[default]
    Untrusted,
    /// Linux-root rules: uninitialised reads give 0, pointers may be leaked.
    Privileged,
}

/// What a load and a run may use. Every field is configurable; a limit is passed at n and refused at n + 1.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Instructions that one program may have.
    pub program_insns: u32,
    /// Instructions that the verifier examines, over all paths of a program.
    pub examined_insns: u64,
    /// State comparisons and examined instructions together: the one deterministic budget of a verification.
    pub work: u64,
    /// How often one verification may put to a solver what it cannot prove of a number; 0 for never. What is spent on it
    /// counts as work.
    pub refinements: u32,
    /// Bytes of memory that one verification may take.
    pub verifier_bytes: usize,
    /// Stack bytes of a call chain.
    pub stack: u32,
    /// Frames of a call chain.
    pub frames: usize,
    /// Tail calls of one run.
    pub tail_calls: u32,
    /// Maps that one program may use.
    pub maps: usize,
    /// Iterations that `bpf_loop` takes.
    pub loops: u32,
    /// Native stack bytes of a call chain in compiled code.
    pub native_stack: u32,
    /// Thread CPU time that one call may take; `None` for no bound.
    pub deadline: Option<Duration>,
    /// Programs whose longest path is at most this many instructions carry no deadline checks.
    pub unchecked_steps: u64,
    /// Bytes of map storage that one collection may create.
    pub map_bytes: usize,
    /// Bytes of machine code that one collection may publish.
    pub code_bytes: usize,
    /// Programs that one collection may hold.
    pub programs: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Limits {
            program_insns: 1_000_000,
            examined_insns: 1_000_000,
            work: 32_000_000,
            refinements: 256,
            verifier_bytes: 256 << 20,
            stack: MAX_STACK,
            frames: MAX_FRAMES,
            tail_calls: MAX_TAIL_CALLS,
            maps: 64,
            loops: MAX_LOOPS,
            native_stack: 16 << 10,
            deadline: Some(Duration::from_millis(100)),
            unchecked_steps: 10_000,
            map_bytes: 1 << 30,
            code_bytes: 64 << 20,
            programs: 4096,
        }
    }
}

impl Limits {
    /// The preset for untrusted tenants: 4,096 instructions a program (Linux `BPF_MAXINSNS`), else the defaults.
    #[must_use]
    pub fn unprivileged() -> Self {
        Limits { program_insns: 4096, ..Limits::default() }
    }
}
