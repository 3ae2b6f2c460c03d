//! `Unit` -> [`Verified`], or a report that a person can act on.
#![forbid(unsafe_code)]

#[allow(dead_code, reason = "the explorer that walks it is still to come")]
mod cfg;
pub mod domain;
mod error;
mod facts;
#[allow(dead_code, reason = "the explorer that asks it is still to come")]
mod liveness;
#[allow(dead_code, reason = "the explorer that reports is still to come")]
mod report;
#[cfg(test)]
mod testing;
#[allow(dead_code, reason = "the explorer is still to come")]
mod usage;
mod verified;

pub use error::{Class, Note, VerifierError};
pub use facts::{Access, Facts, Stats};
pub use report::{Kind, Row};
#[doc(hidden)]
pub use verified::Assumed;
pub use verified::Verified;
