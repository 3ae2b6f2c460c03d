//! Control flow of a unit: blocks, edges, loops, calls, and the places where states are worth comparing.
//!
//! Everything here is linear or n log n in the number of instructions and recurses on nothing: a million
//! instructions in one chain are a legal input.
//!
//! Invariants once [`Cfg::build`] has returned `Ok`:
//! 1. Every instruction is reachable from its subprogram's start, and every subprogram from the entry, through calls
//!    and function references (what only a proof shows to be dead counts as reachable here, and so does whatever
//!    follows a [`Insn::Poison`]).
//! 2. The call graph (direct calls and function references) has no cycle.
//! 3. No call goes through a register or to a function that is not resolved.
//! 4. Every cycle of the graph contains a back-edge, and lies in one [`Loop`].

mod blocks;
mod calls;
mod loops;
#[cfg(test)]
mod tests;

use stingless_abi::{ArgKind, ProtoTable};
use stingless_isa::{Callee, Insn, Ref};
use stingless_object::Unit;

pub(crate) use blocks::Block;
#[cfg(test)]
use calls::CallEdge;
pub(crate) use calls::CallGraph;
pub(crate) use loops::Loop;

use crate::error::VerifierError;
use crate::report::Kind;

/// No block, no loop.
const NONE: u32 = u32::MAX;

/// Bits of `Cfg::marks`, one byte an instruction.
mod mark {
    pub(super) const PRUNE: u8 = 1;
    pub(super) const FORCE: u8 = 2;
    pub(super) const HEADER: u8 = 8;
    pub(super) const BACK_FALL: u8 = 16;
    pub(super) const BACK_TAKEN: u8 = 32;
}

/// Where control may go after an instruction, within its subprogram. A call goes on behind itself.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Succs {
    /// The next instruction.
    pub(crate) fall: Option<u32>,
    /// The jump's target.
    pub(crate) taken: Option<u32>,
}

/// The control-flow graph of a unit.
#[derive(Debug)]
pub(crate) struct Cfg {
    graph: blocks::Graph,
    calls: CallGraph,
    loops: loops::Loops,
    marks: Box<[u8]>,
}

impl Cfg {
    /// Builds the graph and checks what can be checked without values.
    ///
    /// # Errors
    /// Unreachable code, recursion, a write to `r10`, a call that no plugin can make: class `encoding`.
    pub(crate) fn build(unit: &Unit) -> Result<Cfg, Box<VerifierError>> {
        check_encodings(unit)?;
        let calls = CallGraph::build(unit)?;
        let graph = blocks::Graph::build(unit);
        let loops = loops::Loops::find(unit, &graph)?;
        let mut cfg = Cfg { marks: vec![0; unit.code.len()].into(), graph, calls, loops };
        cfg.mark(unit);
        Ok(cfg)
    }

    /// Where control may go from an instruction. [`Insn::Poison`] counts as going on: it stands for a call.
    pub(crate) fn succs(&self, unit: &Unit, insn: usize) -> Succs {
        blocks::succs_of(&unit.code, insn)
    }

    #[cfg(test)]
    /// The instructions that may hand control to `insn`, within its subprogram.
    pub(crate) fn preds(&self, insn: usize) -> impl Iterator<Item = u32> {
        let block = self.graph.block_of(insn);
        let first = self.graph.blocks[block].start as usize == insn;
        let before = (!first).then(|| insn as u32 - 1);
        let into = if first { self.graph.preds(block) } else { &[] };
        before.into_iter().chain(into.iter().map(|&p| self.graph.blocks[p as usize].end - 1))
    }

    /// All blocks, in order of their instructions.
    pub(crate) fn blocks(&self) -> &[Block] {
        &self.graph.blocks
    }

    /// Index of the block that holds an instruction.
    pub(crate) fn block_of(&self, insn: usize) -> usize {
        self.graph.block_of(insn)
    }

    /// Blocks that lead to a block.
    pub(crate) fn block_preds(&self, block: usize) -> &[u32] {
        self.graph.preds(block)
    }

    /// Blocks of a subprogram in post-order: successors first, back-edges apart.
    pub(crate) fn post_order(&self, subprog: usize) -> &[u32] {
        self.loops.post_order(subprog)
    }

    /// The call graph.
    pub(crate) fn calls(&self) -> &CallGraph {
        &self.calls
    }

    /// States are worth comparing before this instruction.
    pub(crate) fn is_prune_point(&self, insn: usize) -> bool {
        self.marks[insn] & mark::PRUNE != 0
    }

    /// A state must be kept before this instruction, else a loop through it would not end: `may_goto`, calls of helpers
    /// that call back, and calls that step an iterator.
    pub(crate) fn is_forced_checkpoint(&self, insn: usize) -> bool {
        self.marks[insn] & mark::FORCE != 0
    }

    /// A back-edge leads here.
    pub(crate) fn is_loop_header(&self, insn: usize) -> bool {
        self.marks[insn] & mark::HEADER != 0
    }

    /// Whether the edge from `from` is a back-edge; `taken` says which of the two.
    pub(crate) fn is_back_edge(&self, from: usize, taken: bool) -> bool {
        self.marks[from] & if taken { mark::BACK_TAKEN } else { mark::BACK_FALL } != 0
    }

    /// The loop (strongly connected component) that holds an instruction: the outermost one. A call of a helper that
    /// calls back is a loop of its own where no other surrounds it.
    pub(crate) fn loop_of(&self, insn: usize) -> Option<u32> {
        let id = self.loops.loop_of_block(self.graph.block_of(insn));
        (id != NONE).then_some(id)
    }

    /// All loops; [`Cfg::loop_of`] gives indices into them.
    pub(crate) fn loops(&self) -> &[Loop] {
        &self.loops.loops
    }

    fn mark(&mut self, unit: &Unit) {
        for (at, insn) in unit.code.insns().iter().enumerate() {
            if let Some(target) = insn.target() {
                self.marks[target as usize] |= mark::PRUNE;
            }
            match insn {
                Insn::Branch { .. } => self.marks[at] |= mark::PRUNE,
                Insn::MayGoto { .. } => self.marks[at] |= mark::PRUNE | mark::FORCE,
                Insn::Call(Callee::Local(_)) => self.mark_after(at),
                Insn::Call(callee) if calls_back(&unit.protos, *callee) => {
                    self.marks[at] |= mark::PRUNE | mark::FORCE;
                    self.mark_after(at);
                }
                Insn::Call(Callee::Helper(id)) if unit.protos.get(*id).is_some_and(|p| p.steps().is_some()) => {
                    self.marks[at] |= mark::PRUNE | mark::FORCE;
                }
                Insn::Call(_)
                | Insn::Alu { .. }
                | Insn::Unary { .. }
                | Insn::LoadImm { .. }
                | Insn::LoadRef { .. }
                | Insn::Load { .. }
                | Insn::Store { .. }
                | Insn::Atomic { .. }
                | Insn::LoadAcquire { .. }
                | Insn::StoreRelease { .. }
                | Insn::PacketLoad { .. }
                | Insn::Jump { .. }
                | Insn::Exit
                | Insn::Poison(_) => {}
            }
        }
        for at in 0..self.loops.back_edges.len() {
            let (from, to) = self.loops.back_edges[at];
            self.mark_back_edge(unit, from as usize, to);
        }
    }

    /// Marks the instruction behind a call, which always exists: a subprogram never ends with a call.
    fn mark_after(&mut self, call: usize) {
        if let Some(mark) = self.marks.get_mut(call + 1) {
            *mark |= mark::PRUNE;
        }
    }

    fn mark_back_edge(&mut self, unit: &Unit, from_block: usize, to_block: u32) {
        let from = self.graph.blocks[from_block].end as usize - 1;
        let to = self.graph.blocks[to_block as usize].start;
        let succs = self.succs(unit, from);
        if succs.taken == Some(to) {
            self.marks[from] |= mark::BACK_TAKEN;
        }
        if succs.fall == Some(to) {
            self.marks[from] |= mark::BACK_FALL;
        }
        self.marks[to as usize] |= mark::HEADER | mark::PRUNE;
    }
}

/// Whether a helper may call functions of the program.
pub(crate) fn calls_back(protos: &ProtoTable, callee: Callee) -> bool {
    match callee {
        Callee::Helper(id) => {
            protos.get(id).is_some_and(|p| p.args.iter().any(|a| matches!(a.kind, ArgKind::Callback(_))))
        }
        Callee::Kfunc(_) | Callee::Local(_) | Callee::Symbol(_) | Callee::Reg(_) => false,
    }
}

fn check_encodings(unit: &Unit) -> Result<(), Box<VerifierError>> {
    for (at, insn) in unit.code.insns().iter().enumerate() {
        if let Some(message) = unsupported(insn) {
            return Err(VerifierError::new(unit, at, Kind::Unsupported, message));
        }
    }
    Ok(())
}

/// What no plugin can do, wherever it stands.
fn unsupported(insn: &Insn) -> Option<String> {
    match insn {
        Insn::Call(Callee::Reg(reg)) => Some(format!("a function cannot be called through register {reg}")),
        Insn::Call(Callee::Kfunc(id)) => Some(format!("the kernel function with BTF id {id} is not known here")),
        Insn::Call(Callee::Symbol(index)) => Some(format!("the function of symbol {index} is not resolved")),
        Insn::LoadRef { target: Ref::Symbol(index), .. } => {
            Some(format!("the address of symbol {index} is not resolved"))
        }
        Insn::Call(Callee::Helper(_) | Callee::Local(_))
        | Insn::LoadRef { target: Ref::Map(_) | Ref::MapValue { .. } | Ref::Func(_), .. }
        | Insn::Alu { .. }
        | Insn::Unary { .. }
        | Insn::LoadImm { .. }
        | Insn::Load { .. }
        | Insn::Store { .. }
        | Insn::Atomic { .. }
        | Insn::LoadAcquire { .. }
        | Insn::StoreRelease { .. }
        | Insn::PacketLoad { .. }
        | Insn::Jump { .. }
        | Insn::Branch { .. }
        | Insn::MayGoto { .. }
        | Insn::Exit
        | Insn::Poison(_) => None,
    }
}
