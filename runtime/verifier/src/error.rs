//! Why a program is refused, for people and for programs.

use std::fmt;

use crate::facts::Stats;

/// Class of a rejection: the published list, stable in JSON.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Class {
    /// A pointer that may be NULL is used.
    Null,
    /// Outside of an object's bounds.
    Bounds,
    /// Uninitialised register or stack.
    Uninit,
    /// A value of the wrong type.
    Type,
    /// Pointer arithmetic or a pointer leak.
    Provenance,
    /// A reference leaked, released twice, or used after release.
    Reference,
    /// A helper's argument.
    HelperArg,
    /// Context access.
    Ctx,
    /// A packet pointer kept after the packet moved.
    PacketStale,
    /// Stack size, frames, misaligned or partial spills.
    Stack,
    /// A loop without a bound, or a budget used up.
    LoopOrBudget,
    /// Locks.
    Lock,
    /// Iterators and dynptrs.
    IteratorDynptr,
    /// Encoding and control flow.
    Encoding,
    /// Unknown helper, map or hook; not allowed here.
    Env,
    /// Anything else.
    Other,
}

impl Class {
    /// The name in JSON.
    #[must_use]
    pub const fn key(self) -> &'static str {
        match self {
            Class::Null => "null",
            Class::Bounds => "bounds",
            Class::Uninit => "uninit",
            Class::Type => "type",
            Class::Provenance => "provenance",
            Class::Reference => "reference",
            Class::HelperArg => "helper-arg",
            Class::Ctx => "ctx",
            Class::PacketStale => "packet-stale",
            Class::Stack => "stack",
            Class::LoopOrBudget => "loop-or-budget",
            Class::Lock => "lock",
            Class::IteratorDynptr => "iterator-dynptr",
            Class::Encoding => "encoding",
            Class::Env => "env",
            Class::Other => "other",
        }
    }
}

/// A place in the source and what happened there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Note {
    /// Slot of the instruction.
    pub slot: u32,
    /// Source file, where known.
    pub file: Option<String>,
    /// Source line, where known.
    pub line: Option<u32>,
    /// Source column, where known.
    pub column: Option<u32>,
    /// The line's text; without line information, the instruction's.
    pub text: Option<String>,
    /// What happened.
    pub message: String,
}

/// A rejected program: the first cause, told in the source's terms.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct VerifierError {
    /// Stable code, `stingless::E0012`.
    pub code: &'static str,
    /// Class.
    pub class: Class,
    /// Short stable name of the kind (`load-out-of-bounds`).
    pub kind: &'static str,
    /// Program.
    pub program: String,
    /// The primary place; its message is the whole sentence.
    pub primary: Note,
    /// Places along the causal chain, oldest first.
    pub secondary: Vec<Note>,
    /// What was required and what was known.
    pub cause: Option<String>,
    /// A suggestion to paste.
    pub help: Option<String>,
    /// The C declaration of the helper whose argument is wrong.
    pub signature: Option<String>,
    /// The branches of the path that failed, in order, and where each went; the last ones of a long path.
    pub path: Vec<Note>,
    /// What it took to find out; zeros where the structure alone is wrong.
    pub stats: Stats,
    /// An inconsistency of ours: the program is refused, and the report is to be sent to us.
    pub bug: bool,
}

impl VerifierError {
    /// Whether this is our bug and not the program's.
    #[must_use]
    pub fn is_bug(&self) -> bool {
        self.bug
    }
}

impl fmt::Display for VerifierError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "program `{}`: {} [{}]", self.program, self.primary.message, self.code)?;
        match (&self.primary.file, self.primary.line) {
            (Some(file), Some(line)) => write!(f, " at {file}:{line} (instruction {})", self.primary.slot),
            _ => write!(f, " at instruction {}", self.primary.slot),
        }
    }
}

impl std::error::Error for VerifierError {}
