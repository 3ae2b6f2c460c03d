//! Hooks and helpers for what travels over networks: `http/request` and `http/response`, and header lookup.
//!
//! ```
//! let mut linker = stingless::Linker::new(&stingless::Engine::default());
//! linker.hook::<stingless_helpers_net::http::Request<'_>>()?;
//! assert!(linker.protos().by_name("http_header").is_some());
//! # Ok::<(), stingless::Error>(())
//! ```
#![forbid(unsafe_code)]

mod header;
pub mod http;

pub use header::{http_header, http_header_has};

use stingless::{Helpers, helpers};

/// Header lookup.
pub static HTTP: Helpers = helpers![http_header, http_header_has];
