//! What the proof leaves behind for the engines: a contract. The checked interpreter tests each at run time.
//!
//! Soundness condition: path exploration prunes, so a fact may come only from (a) pointer kinds, map identities, dead
//! edges and stack depth, which are the same on every explored path or are not exported, (b) scalars that were marked
//! precise at that instruction, (c) the separate linear join-based pass over the verified control-flow graph.

use std::collections::BTreeMap;

/// What the base of a memory access points to, on every path.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Access {
    /// The stack of this or a calling frame.
    Stack,
    /// The context: lowered through its layout.
    Ctx,
    /// A data region of the context, or length-linked memory.
    Data,
    /// A value of the unit's map with this index.
    MapValue(u32),
    /// Other host memory of known size (ring-buffer records, a global function's memory argument).
    Mem,
    /// Several of the above on different paths (never with `Ctx`).
    Mixed,
}

/// All facts of a verified unit. Vectors run over instructions unless said otherwise.
#[derive(Clone, Debug, Default)]
#[non_exhaustive]
pub struct Facts {
    /// What each memory instruction (atomics and packet loads included) touches; `None` for others and dead ones.
    pub access: Vec<Option<Access>>,
    /// For [`Access::Ctx`]: the offset accessed as the plugin sees it, that is the base's constant offset into the context
    /// plus the instruction's own. The same on every path, and required: an engine lowers by it.
    pub ctx_off: Vec<Option<i32>>,
    /// Map argument of each helper call, by index into the unit's maps, where it is one map on every path.
    pub call_map: Vec<Option<u32>>,
    /// Optional arguments (bit `i` is `r<i>`) that some path to a helper call leaves unset, by the call's instruction; not
    /// there where none is. Required, not a matter of speed: engines pass 0 for them, whatever the register holds.
    pub unset_args: BTreeMap<u32, u8>,
    /// Whether any run can reach the instruction.
    pub reached: Vec<bool>,
    /// Branches that always jump (`Some(true)`) or never do (`Some(false)`).
    pub branch: Vec<Option<bool>>,
    /// Stack bytes below `r10` that each subprogram (in order) touches.
    pub stack_depth: Vec<u32>,
    /// Upper bound on the instructions of a run; `None` where converging loops make it unknown.
    pub longest_path: Option<u64>,
}

/// Figures of a verification.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Stats {
    /// Instructions examined, over all paths (Linux `processed N insns`).
    pub insns_processed: u64,
    /// States kept for pruning.
    pub states: u64,
    /// States kept at the same time, at most.
    pub peak_states: u64,
}
