//! `Verified` -> [`CodeBlob`]: bytes, never executable memory.
//!
//! Only what was proved compiles; a [`Unit`](stingless_object::Unit) does not type-check:
//!
//! ```compile_fail,E0308
//! fn run(unit: &stingless_object::Unit) {
//!     let _ = stingless_jit::compile(unit, &stingless_jit::Options::default());
//! }
//! ```
//!
//! The same with a proof:
//!
//! ```
//! fn run(verified: &stingless_verifier::Verified) -> Result<usize, stingless_jit::CompileError> {
//!     Ok(stingless_jit::compile(verified, &stingless_jit::Options::default())?.text.len())
//! }
//! ```
//!
//! Rooms: `program` is what goes in, `plan` what is decided before the first byte (frames, traps, stack), `lower` walks the
//! instructions once and decides what a machine has to do (context accesses, dead code, deadline charges), `machine` is the seam,
//! `x64` and `a64` stand behind it. This first emitter is a plain table, one instruction at a time.
#![forbid(unsafe_code)]

mod a64;
mod blob;
mod error;
mod lower;
mod machine;
mod plan;
mod program;
#[cfg(test)]
mod tests;
mod x64;

#[doc(hidden)]
pub use blob::AssumedBlob;
pub use blob::{CallSite, CodeBlob, Reloc, Site, Target, direct_call};
pub use error::CompileError;
pub use program::Options;

use program::Program;
use stingless_verifier::{Assumed, Facts, Verified};

/// Compiles a proved program for x86-64.
///
/// # Errors
/// What the machine or the limits cannot take; see [`CompileError`].
pub fn compile(verified: &Verified, options: &Options) -> Result<CodeBlob, CompileError> {
    let program = Program { unit: verified.unit(), facts: Some(verified.facts()), assumed: false, options };
    lower::lower::<x64::X64>(&program)
}

/// Compiles a program that nobody proved. Running the result is unsafe.
///
/// # Errors
/// As [`compile`].
#[doc(hidden)]
pub fn compile_assumed(assumed: &Assumed, options: &Options) -> Result<AssumedBlob, CompileError> {
    let program = Program { unit: assumed.unit(), facts: None, assumed: true, options };
    lower::lower::<x64::X64>(&program).map(AssumedBlob)
}

/// Compiles with facts that nobody proved either: for tests of what the compiler makes of a fact.
///
/// # Errors
/// As [`compile`].
#[doc(hidden)]
pub fn compile_assumed_with(assumed: &Assumed, facts: &Facts, options: &Options) -> Result<AssumedBlob, CompileError> {
    let program = Program { unit: assumed.unit(), facts: Some(facts), assumed: true, options };
    lower::lower::<x64::X64>(&program).map(AssumedBlob)
}
