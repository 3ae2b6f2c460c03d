//! The abstract numbers of the verifier: what is known of a register that holds no pointer.
//!
//! A [`Scalar`] is known bits ([`Tnum`]) times a range of the whole register times a range of its lower half
//! ([`Arc`]). It stands for the numbers that are in all three. Everything here is pure and generic over the width,
//! so that the tests can quantify over every abstract number of a small width and every one of its members.

mod alu;
mod branch;
mod range;
mod scalar;
#[cfg(test)]
mod tests;
mod tnum;
mod word;

pub use branch::Branch;
pub use range::Arc;
pub use scalar::{Number, Scalar};
pub use tnum::Tnum;
