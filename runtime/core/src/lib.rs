//! Stingless: run plugins that are proved safe, inside your process, at the speed of your own code.
#![deny(unsafe_code)]
#![allow(dead_code, unused_imports, reason = "the collection, which uses the rest, is landing")]

mod interp;
pub mod maps;
pub(crate) mod sync;
#[allow(unsafe_code, reason = "the folder where unsafe code lives")]
pub(crate) mod sys;
mod vm;

#[doc(hidden)]
pub use sys::assumed::{AssumedError, run_assumed};
pub use sys::call::CallCx;
#[doc(hidden)]
pub use sys::entry::{HelperFn, trampoline};
pub use sys::mem::{Mem, MemMut, Number};
pub use vm::{BuildError, EngineKind, HelperError, Trap, Trapped};
