//! Execution of one program: the thread's slot, the record of a call, deadlines, traps, tail calls.
//!
//! Invariants:
//! 1. A thread has one `VmCtx`; a nested call saves its fields and puts them back, whatever happens in between.
//! 2. What a call holds (ring records, locks) is in its record, and is let go when the call ends, however it ends.
//! 3. A trap is in `vm.trap` and its words are in the record; the engine that sees it returns at once.

mod bind;
mod budget;
mod error;
mod program;
mod record;
mod tail;

pub(crate) use crate::engine::EngineKind;
pub(crate) use bind::{Builder, bind_prog_arrays, set_program};
pub(crate) use budget::{Budget, CALLBACK_STEPS};
pub use error::{HelperError, Trap, Trapped};
pub use program::BuildError;
pub(crate) use program::{Build, HelperRow, LiveMap, Program, Proof, Settings};
pub(crate) use record::{CallBack, Held, Record, Release};
pub(crate) use tail::tail_target;
