//! Stingless: run plugins that are proved safe, inside your process, at the speed of your own code.
#![deny(unsafe_code)]

mod interp;
#[allow(unsafe_code, reason = "the folder where unsafe code lives")]
#[allow(dead_code, reason = "the collection, which uses the rest, is landing")]
pub(crate) mod sys;
#[allow(dead_code, unused_imports, reason = "the collection, which uses the rest, is landing")]
mod vm;

#[doc(hidden)]
pub use sys::assumed::{AssumedError, run_assumed};
pub use sys::call::CallCx;
#[doc(hidden)]
pub use sys::entry::{HelperFn, trampoline};
pub use sys::mem::{Mem, MemMut, Number};
pub use vm::{BuildError, EngineKind, HelperError, Trap, Trapped};
