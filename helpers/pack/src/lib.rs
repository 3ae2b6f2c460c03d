//! Helper pack.
