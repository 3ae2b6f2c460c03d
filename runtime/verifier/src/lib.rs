//! `Unit` -> [`Verified`], or a report that a person can act on.
#![forbid(unsafe_code)]

// First: its macro is for all.
#[cfg(not(feature = "seeded-bugs"))]
#[macro_use]
mod faults;
#[cfg(feature = "seeded-bugs")]
#[doc(hidden)]
#[macro_use]
pub mod faults;

mod cfg;
mod check;
mod collect;
pub mod domain;
mod env;
mod error;
mod explore;
mod facts;
mod liveness;
pub mod obligation;
mod precision;
mod prune;
mod refine;
mod region;
mod report;
mod state;
mod step;
#[cfg(test)]
mod testing;
mod trace;
mod usage;
mod value;
mod verified;
mod verify;

pub use error::{Class, Note, VerifierError};
pub use facts::{Access, Facts, Operands, Side, Stats};
pub use report::{Kind, Row, render};
pub use trace::{
    PathEnd, Trace, TraceBlock, TraceChange, TraceEdge, TraceFunction, TraceInsn, TracePath, TraceStep, verify_traced,
};
#[doc(hidden)]
pub use verified::Assumed;
pub use verified::Verified;
pub use verify::verify;
