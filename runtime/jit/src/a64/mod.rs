//! AArch64 moves in here: an implementation of [`Machine`](crate::machine::Machine), in files named as those of `x64`
//! (`emit alu mem branch call entry`), through dynasm with `.arch aarch64` first in each block.
//!
//! What is fixed already: BPF `r0`..`r5` need `x0` both as result and as first argument, so the map of registers is the
//! machine's own affair; the `VmCtx` is pinned in a callee-saved register; 32-bit results zero-extend as on x86-64;
//! `udiv` by zero gives 0, so only the remainders need a check.
