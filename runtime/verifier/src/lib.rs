//! `Unit` -> [`Verified`], or a report that a person can act on.
#![forbid(unsafe_code)]

#[allow(dead_code, reason = "part of it serves reports that are still to come")]
mod cfg;
mod check;
mod collect;
pub mod domain;
mod env;
mod error;
mod explore;
mod facts;
#[allow(dead_code, reason = "part of it serves reports that are still to come")]
mod liveness;
pub mod obligation;
mod precision;
mod prune;
mod region;
mod report;
mod state;
mod step;
#[cfg(test)]
mod testing;
#[allow(dead_code, reason = "part of it serves reports that are still to come")]
mod usage;
mod value;
mod verified;
mod verify;

pub use error::{Class, Note, VerifierError};
pub use facts::{Access, Facts, Stats};
pub use report::{Kind, Row, render};
#[doc(hidden)]
pub use verified::Assumed;
pub use verified::Verified;
pub use verify::verify;
