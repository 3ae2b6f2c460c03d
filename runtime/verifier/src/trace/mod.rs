//! What the verifier saw, for whoever wants to look at it: the control-flow graph with what was explored and pruned where,
//! and some of the explored paths with all that was known at each of their steps.
//!
//! Nothing is recorded by [`verify`](crate::verify()): [`verify_traced`] proves the program as `verify` does, and then walks
//! it twice more, once to log where the paths go, once to keep the states along those that are shown.

mod log;
mod pick;
mod tell;
mod words;

use std::sync::Arc;

pub(crate) use log::{Ended, Log, START};
pub(crate) use tell::tell;
pub(crate) use words::{Place, places};

use crate::error::{Note, VerifierError};
use crate::facts::Stats;
pub use crate::verify::verify_traced;

/// A program, what became of it, and what was seen on the way.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Trace {
    /// Name of the program.
    pub program: String,
    /// Section it came from.
    pub section: String,
    /// Hook that it was verified for.
    pub hook: String,
    /// Its instructions.
    pub insns: Vec<TraceInsn>,
    /// Its functions, the entry first.
    pub functions: Vec<TraceFunction>,
    /// Basic blocks, in order of their instructions. Empty where the structure alone is wrong.
    pub blocks: Vec<TraceBlock>,
    /// Edges between blocks.
    pub edges: Vec<TraceEdge>,
    /// Paths: the one that failed first.
    pub paths: Vec<TracePath>,
    /// How many paths were walked; those that are not in `paths` go nowhere that those in it do not, or
    /// there was no room for them.
    pub walked: u64,
    /// Figures.
    pub stats: Stats,
    /// What ranges alone did not prove, and a solver did, where the program is accepted.
    pub refinements: Vec<Note>,
    /// Why the program is refused; `None` if it is accepted.
    pub error: Option<Box<VerifierError>>,
}

/// An instruction.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct TraceInsn {
    /// Its slot, as Linux and clang count.
    pub slot: u32,
    /// Disassembled.
    pub text: String,
    /// Source file, where known.
    pub file: Option<Arc<str>>,
    /// Source line, where known.
    pub line: Option<u32>,
    /// The line's text, where known.
    pub source: Option<Arc<str>>,
    /// How often it was examined, over all paths.
    pub explored: u64,
    /// How many paths ended before it because a kept state covered them.
    pub pruned: u64,
}

/// A function of the program.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct TraceFunction {
    /// Its name; empty where unknown.
    pub name: String,
    /// Its first instruction, as an index into [`Trace::insns`].
    pub start: u32,
    /// One past its last.
    pub end: u32,
}

/// A basic block.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct TraceBlock {
    /// Its first instruction, as an index into [`Trace::insns`].
    pub start: u32,
    /// One past its last.
    pub end: u32,
    /// The function, as an index into [`Trace::functions`].
    pub function: u32,
    /// The outermost loop that it is part of.
    pub in_loop: Option<u32>,
}

/// An edge between blocks.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct TraceEdge {
    /// Block that it leaves, as an index into [`Trace::blocks`].
    pub from: u32,
    /// Block that it leads to.
    pub to: u32,
    /// Whether it is the jump of a branch; else control falls through.
    pub jumps: bool,
    /// Whether it closes a loop.
    pub back: bool,
    /// How often it was walked, paths that were pruned at its end included. An edge that never was is dead if the program
    /// is accepted, and unknown territory if it is refused.
    pub walked: u64,
}

/// How a path ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum PathEnd {
    /// It breaks a rule at its last step.
    Failed,
    /// The program, or a global function verified on its own, returned.
    Returned,
    /// From here on it is covered by a state that was explored before: the index of the instruction where.
    Covered(u32),
    /// No run goes on from its last step: proved by refinement.
    Dead,
}

/// A path through the program.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct TracePath {
    /// How it ended.
    pub end: PathEnd,
    /// Its steps.
    pub steps: Vec<TraceStep>,
    /// Steps of a long path that are left out, and the position in `steps` that they are missing at.
    pub left_out: Option<(u64, usize)>,
}

/// A step of a path: the state before an instruction, as what changed since the step before.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct TraceStep {
    /// The instruction, as an index into [`Trace::insns`].
    pub insn: u32,
    /// Frames above the current one.
    pub depth: u32,
    /// What changed. Where the frame is another than before, the places are the new frame's.
    pub changes: Vec<TraceChange>,
}

/// A place of the current frame that holds something else than before.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct TraceChange {
    /// `r1`, `stack-16`, or `held` for references and locks.
    pub place: String,
    /// What the program calls what is there, as far as the lines tell.
    pub name: Option<String>,
    /// What is known of it, in C terms; `None` if it holds nothing any more.
    pub value: Option<String>,
}
