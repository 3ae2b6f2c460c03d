//! Backward pass over one subprogram: the classic bit-vector problem, on blocks first, then on their instructions.

use std::collections::VecDeque;

use super::Liveness;
use super::effect::{Effect, slots};
use super::flow::Flow;
use crate::usage::Usage;

/// Registers and 4-byte pieces of the stack.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Set {
    regs: u16,
    stack: u128,
}

impl Set {
    fn union(self, other: Set) -> Set {
        Set { regs: self.regs | other.regs, stack: self.stack | other.stack }
    }

    /// Live before, where `self` is live after.
    fn before(self, reads: Set, writes: Set) -> Set {
        Set { regs: self.regs & !writes.regs | reads.regs, stack: self.stack & !writes.stack | reads.stack }
    }
}

/// What a block reads before it writes it, what it writes, and what is live at its start.
#[derive(Clone, Copy, Debug, Default)]
struct Row {
    reads: Set,
    writes: Set,
    live: Set,
}

/// Fills in the rows of a subprogram.
pub(super) fn solve(flow: &Flow<'_>, live: &mut Liveness) {
    let post_order = flow.cfg.post_order(flow.sub);
    let first = flow.cfg.block_of(flow.unit.code.subprogs()[flow.sub].start as usize);
    let mut rows: Vec<Row> = (first..first + post_order.len()).map(|block| summarise(flow, block)).collect();
    let mut work: VecDeque<usize> = post_order.iter().map(|&b| b as usize).collect();
    let mut queued = vec![true; rows.len()];
    while let Some(block) = work.pop_front() {
        queued[block - first] = false;
        let row = rows[block - first];
        let before = live_after(flow, &rows, first, block).before(row.reads, row.writes);
        if before == row.live {
            continue;
        }
        rows[block - first].live = before;
        for &pred in flow.cfg.block_preds(block) {
            let pred = pred as usize;
            if !std::mem::replace(&mut queued[pred - first], true) {
                work.push_back(pred);
            }
        }
    }
    for block in first..first + rows.len() {
        spread(flow, block, live_after(flow, &rows, first, block), live);
    }
}

fn live_after(flow: &Flow<'_>, rows: &[Row], first: usize, block: usize) -> Set {
    flow.cfg.blocks()[block].succs().fold(Set::default(), |set, succ| set.union(rows[succ as usize - first].live))
}

fn sets(usage: Usage, effect: Effect) -> (Set, Set) {
    (Set { regs: usage.reads, stack: effect.uses }, Set { regs: usage.writes, stack: effect.kills })
}

fn summarise(flow: &Flow<'_>, block: usize) -> Row {
    let mut row = Row::default();
    walk(flow, block, |_, reads, writes| {
        let fresh = Set { regs: reads.regs & !row.writes.regs, stack: reads.stack & !row.writes.stack };
        row.reads = row.reads.union(fresh);
        row.writes = row.writes.union(writes);
    });
    row.live = row.reads;
    row
}

/// From what is live behind a block to what is live before each of its instructions.
fn spread(flow: &Flow<'_>, block: usize, after: Set, live: &mut Liveness) {
    let mut steps = Vec::new();
    walk(flow, block, |at, reads, writes| steps.push((at, reads, writes)));
    let mut set = after;
    for (at, reads, writes) in steps.into_iter().rev() {
        set = set.before(reads, writes);
        live.regs[at] = set.regs;
        live.slots[at] = if flow.lost() { u64::MAX } else { slots(set.stack) };
    }
}

fn walk(flow: &Flow<'_>, block: usize, mut visit: impl FnMut(usize, Set, Set)) {
    let mut regs = flow.at_block(block);
    let range = flow.cfg.blocks()[block];
    for at in range.start as usize..range.end as usize {
        let (reads, writes) = sets(flow.usage(at), flow.effect(at, &regs));
        visit(at, reads, writes);
        flow.step(at, &mut regs);
    }
}
