//! The one folder with unsafe code (with `maps/raw.rs`): machine entries and traps, publishing, raw memory, mappings, the
//! thread's `VmCtx` and epoch record. Each block says why it is sound; `docs/unsafe.md` lists them.
//!
//! Everything else of the crate is safe code over tokens that only this folder makes: [`raw::Raw`] (memory accesses that
//! a proof or a check covers), [`call::CallCx`] (a call in progress on this thread), the handles of [`mem`], and
//! what maps are built on.

pub(crate) mod args;
pub(crate) mod assumed;
pub(crate) mod call;
pub(crate) mod clock;
pub(crate) mod closure;
pub(crate) mod ctx;
pub(crate) mod data;
pub(crate) mod dynptr;
pub(crate) mod entry;
pub(crate) mod epoch;
pub(crate) mod handle;
pub(crate) mod map_args;
pub(crate) mod mapping;
pub(crate) mod mem;
pub(crate) mod objects;
pub(crate) mod os;
pub(crate) mod pack;
pub(crate) mod publish;
pub(crate) mod raw;
pub(crate) mod run;
pub(crate) mod socket;
pub(crate) mod typed;

#[cfg(test)]
mod tests;
