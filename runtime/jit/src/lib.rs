//! `Verified` -> [`CodeBlob`]: bytes, never executable memory.
#![forbid(unsafe_code)]

mod blob;

#[doc(hidden)]
pub use blob::AssumedBlob;
pub use blob::{CodeBlob, Reloc, Site, Target};
