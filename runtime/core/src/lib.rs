//! Stingless: run plugins that are proved safe, inside your process, at the speed of your own code.
#![deny(unsafe_code)]
#![allow(dead_code, reason = "callers of the maps come next; goes away with the linker")]

pub mod maps;
pub(crate) mod sync;
#[allow(unsafe_code, reason = "the folder where unsafe code lives")]
pub(crate) mod sys;
