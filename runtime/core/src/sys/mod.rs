//! The one folder with unsafe code (beside `maps/raw.rs`).

pub(crate) mod epoch;
pub(crate) mod mapping;
pub(crate) mod os;
