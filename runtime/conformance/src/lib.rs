//! One corpus, every engine: the public conformance suite's files, their assembler, and what an engine must be able to
//! do to run them. Test-only; nothing of the product depends on this crate.

pub mod accepted;
pub mod cases;
pub mod core;
pub mod corpus;
pub mod data_file;
pub mod diff;
pub mod engine;
#[cfg(target_arch = "x86_64")]
pub mod exec;
pub mod fragments;
#[cfg(target_arch = "x86_64")]
pub mod jit;
pub mod kernel;
pub mod oracle;
pub mod programs;
pub mod random;
pub mod rules;
pub mod secpack;
pub mod ubpf_asm;
pub mod unit;
