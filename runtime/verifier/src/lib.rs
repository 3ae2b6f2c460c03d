//! `Unit` -> [`Verified`], or a report that a person can act on.
#![forbid(unsafe_code)]

mod error;
mod facts;
mod verified;

pub use error::{Class, Note, VerifierError};
pub use facts::{Access, Facts, Stats};
#[doc(hidden)]
pub use verified::Assumed;
pub use verified::Verified;
