//! Basic blocks and the edges between them.

use stingless_isa::{Callee, Code, Insn};
use stingless_object::Unit;

use super::{NONE, Succs, calls_back};

/// A run of instructions that only its first one can be jumped to and only its last one leaves.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Block {
    /// First instruction.
    pub(crate) start: u32,
    /// One past the last instruction.
    pub(crate) end: u32,
    /// Subprogram.
    pub(crate) subprog: u32,
    succs: [u32; 2],
}

impl Block {
    /// Blocks that control may go to: falling through first. Both may be the same block.
    pub(crate) fn succs(&self) -> impl Iterator<Item = u32> {
        self.succs.into_iter().filter(|&s| s != NONE)
    }

    /// The `n`th successor, `n` < 2; the first of two is the one that falls through.
    pub(super) fn succ(&self, n: usize) -> Option<u32> {
        self.succs.get(n).copied().filter(|&s| s != NONE)
    }
}

/// Where control may go after an instruction, within its subprogram.
pub(super) fn succs_of(code: &Code, insn: usize) -> Succs {
    let op = &code.insns()[insn];
    // A poisoned call is refused where it is reached, but what follows it is not unreachable code.
    let falls = op.falls_through() || matches!(op, Insn::Poison(_)) && !ends_subprog(code, insn);
    Succs { fall: falls.then_some(insn as u32 + 1), taken: op.target() }
}

fn ends_subprog(code: &Code, insn: usize) -> bool {
    code.subprogs()[code.subprog_of(insn)].end as usize == insn + 1
}

/// Blocks with their predecessors (compressed rows).
#[derive(Debug)]
pub(super) struct Graph {
    pub(super) blocks: Box<[Block]>,
    block_of: Box<[u32]>,
    pred_from: Box<[u32]>,
    preds: Box<[u32]>,
}

impl Graph {
    pub(super) fn build(unit: &Unit) -> Graph {
        let leaders = leaders(unit);
        let mut blocks: Vec<Block> = Vec::new();
        let mut block_of = Vec::with_capacity(leaders.len());
        for (index, sub) in unit.code.subprogs().iter().enumerate() {
            for at in sub.start..sub.end {
                if leaders[at as usize] {
                    blocks.push(Block { start: at, end: at, subprog: index as u32, succs: [NONE; 2] });
                }
                block_of.push(blocks.len() as u32 - 1);
                if let Some(block) = blocks.last_mut() {
                    block.end = at + 1;
                }
            }
        }
        for block in &mut blocks {
            let succs = succs_of(&unit.code, block.end as usize - 1);
            for (slot, to) in block.succs.iter_mut().zip(succs.fall.into_iter().chain(succs.taken)) {
                *slot = block_of[to as usize];
            }
        }
        let (pred_from, preds) = predecessors(&blocks);
        Graph { blocks: blocks.into(), block_of: block_of.into(), pred_from, preds }
    }

    pub(super) fn block_of(&self, insn: usize) -> usize {
        self.block_of[insn] as usize
    }

    pub(super) fn preds(&self, block: usize) -> &[u32] {
        &self.preds[self.pred_from[block] as usize..self.pred_from[block + 1] as usize]
    }
}

/// Which instructions start a block. A call of a helper that calls back is a block of its own: it is a loop.
fn leaders(unit: &Unit) -> Vec<bool> {
    let code = &unit.code;
    let mut leads = vec![false; code.len()];
    let mut lead = |at: u32| {
        if let Some(l) = leads.get_mut(at as usize) {
            *l = true;
        }
    };
    for sub in code.subprogs() {
        lead(sub.start);
    }
    for (at, insn) in code.insns().iter().enumerate() {
        let at = at as u32;
        let succs = succs_of(code, at as usize);
        if let Some(target) = succs.taken {
            lead(target);
        }
        if succs.taken.is_some() || succs.fall.is_none() {
            lead(at + 1);
        }
        if is_callback_call(unit, insn) {
            lead(at);
            lead(at + 1);
        }
    }
    leads
}

/// Whether an instruction calls a helper that calls back.
pub(super) fn is_callback_call(unit: &Unit, insn: &Insn) -> bool {
    callee(insn).is_some_and(|c| calls_back(&unit.protos, c))
}

fn callee(insn: &Insn) -> Option<Callee> {
    if let Insn::Call(callee) = insn { Some(*callee) } else { None }
}

fn predecessors(blocks: &[Block]) -> (Box<[u32]>, Box<[u32]>) {
    let mut from = vec![0u32; blocks.len() + 1];
    for to in blocks.iter().flat_map(Block::succs) {
        from[to as usize + 1] += 1;
    }
    for i in 1..from.len() {
        from[i] += from[i - 1];
    }
    let mut next = from.clone();
    let mut preds = vec![0; from[blocks.len()] as usize];
    for (index, block) in blocks.iter().enumerate() {
        for to in block.succs() {
            let at = &mut next[to as usize];
            preds[*at as usize] = index as u32;
            *at += 1;
        }
    }
    (from.into(), preds.into())
}
