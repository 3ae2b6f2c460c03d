//! The second opinion.
mod blast;
mod gates;
mod proof;
mod solve;
#[cfg(test)]
mod tests;
