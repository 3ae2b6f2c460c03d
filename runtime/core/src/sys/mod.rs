//! The one folder with unsafe code (with `maps/raw.rs`): machine entries and traps, publishing, raw memory, the thread's
//! `VmCtx`. Each block says why it is sound; `docs/unsafe.md` lists them.
//!
//! Everything else of the crate is safe code over three kinds of token, which only unsafe constructors make: [`raw::Raw`]
//! (memory accesses that a proof or a check covers), [`call::CallCx`] (a call in progress on this thread) and the
//! handles of [`mem`].

pub(crate) mod assumed;
pub(crate) mod call;
pub(crate) mod clock;
pub(crate) mod entry;
pub(crate) mod mem;
pub(crate) mod publish;
pub(crate) mod raw;
pub(crate) mod run;
