//! What goes in: a unit with what is known of it, and how to compile it.

use std::collections::BTreeSet;

use stingless_abi::{Limits, Proto};
use stingless_isa::{Insn, Width};
use stingless_object::Unit;
use stingless_verifier::{Access, Facts};

use crate::CompileError;

/// How to compile. Start from `Options::default()`.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Options {
    /// Back-edges, `may_goto` and entries subtract from `VmCtx::budget`. Off only for programs whose longest path is
    /// short, or under hosts without a deadline.
    pub deadline_checks: bool,
    /// Use the facts that only make code better (decided branches, stack depths). Those that lowering cannot do without
    /// (what is reached, context accesses) are always used. A switch to tell a wrong fact from a wrong rewrite.
    pub use_facts: bool,
    /// Frames start zeroed: for `Trust::Privileged`, under which uninitialised stack reads as 0.
    pub zero_stack: bool,
    /// Helpers whose row has an environment: it is stored in `VmCtx::env` before the call.
    pub env_helpers: BTreeSet<u32>,
    /// `native_stack`, `frames` and `tail_calls` are read.
    pub limits: Limits,
}

impl Default for Options {
    fn default() -> Self {
        Options {
            deadline_checks: true,
            use_facts: true,
            zero_stack: false,
            env_helpers: BTreeSet::new(),
            limits: Limits::default(),
        }
    }
}

/// A unit, proved or assumed, on its way through the compiler.
#[derive(Clone, Copy)]
pub(crate) struct Program<'a> {
    pub(crate) unit: &'a Unit,
    pub(crate) facts: Option<&'a Facts>,
    pub(crate) assumed: bool,
    pub(crate) options: &'a Options,
}

impl<'a> Program<'a> {
    pub(crate) fn insns(&self) -> &'a [Insn] {
        self.unit.code.insns()
    }

    pub(crate) fn slot(&self, insn: u32) -> u32 {
        self.unit.code.slot_of(insn as usize)
    }

    /// The facts, where optional ones are to be used.
    fn optional(&self) -> Option<&'a Facts> {
        self.facts.filter(|_| self.options.use_facts)
    }

    /// Proved: no run reaches the instruction. Always used, for nothing else is known of code that was never explored: not
    /// even whether an access is the context's.
    pub(crate) fn dead(&self, insn: u32) -> bool {
        self.facts.and_then(|f| f.reached.get(insn as usize)) == Some(&false)
    }

    /// Proved: the branch always or never jumps.
    pub(crate) fn decided(&self, insn: u32) -> Option<bool> {
        self.optional().and_then(|f| f.branch.get(insn as usize).copied().flatten())
    }

    /// Proved: the right operand of the instruction is not zero in that width.
    pub(crate) fn nonzero(&self, insn: u32, width: Width) -> bool {
        self.optional().is_some_and(|f| f.nonzero(insn as usize, width))
    }

    /// Stack bytes below `r10` that a subprogram touches; the whole 512 where nobody knows.
    pub(crate) fn stack_depth(&self, sub: usize) -> u32 {
        let known = self.optional().and_then(|f| f.stack_depth.get(sub).copied());
        known.unwrap_or(self.options.limits.stack)
    }

    /// What a memory instruction touches.
    pub(crate) fn access(&self, insn: u32) -> Option<Access> {
        self.facts.and_then(|f| f.access.get(insn as usize).copied().flatten())
    }

    /// The virtual offset of a context access.
    pub(crate) fn ctx_off(&self, insn: u32) -> Result<i32, CompileError> {
        let known = self.facts.and_then(|f| f.ctx_off.get(insn as usize).copied().flatten());
        known.ok_or(CompileError::MissingFact { slot: self.slot(insn), fact: "ctx_off" })
    }

    /// The prototype of the helper that an instruction calls.
    pub(crate) fn proto(&self, insn: u32, id: u32) -> Result<&'a Proto, CompileError> {
        let row = self.unit.protos.get(id);
        row.map(|p| &**p).ok_or(CompileError::UnknownHelper { slot: self.slot(insn), id })
    }
}
