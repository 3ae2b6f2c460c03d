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

/// What one instruction reads and writes: few touch the stack, so that part lies apart.
#[derive(Clone, Copy, Debug)]
struct Step {
    usage: Usage,
    /// Index into [`Steps::effects`].
    effect: u32,
}

/// What each instruction of a subprogram reads and writes. It is asked for twice.
struct Steps {
    start: usize,
    steps: Vec<Step>,
    /// The first one touches nothing.
    effects: Vec<Effect>,
}

impl Steps {
    fn of(&self, at: usize) -> (Set, Set) {
        let Step { usage, effect } = self.steps[at - self.start];
        let effect = self.effects[effect as usize];
        (Set { regs: usage.reads, stack: effect.uses }, Set { regs: usage.writes, stack: effect.kills })
    }

    /// Adds the instructions of a block, which is the next one, and summarises it.
    fn summarise(&mut self, flow: &Flow<'_>, block: usize) -> Row {
        let mut row = Row::default();
        let mut regs = flow.at_block(block);
        let range = flow.cfg.blocks()[block];
        for at in range.start as usize..range.end as usize {
            let effect = flow.effect(at, &regs);
            let index = if effect == Effect::default() { 0 } else { self.effects.len() as u32 };
            if index != 0 {
                self.effects.push(effect);
            }
            self.steps.push(Step { usage: flow.usage(at), effect: index });
            let (reads, writes) = self.of(at);
            let fresh = Set { regs: reads.regs & !row.writes.regs, stack: reads.stack & !row.writes.stack };
            row.reads = row.reads.union(fresh);
            row.writes = row.writes.union(writes);
            flow.step(at, &mut regs);
        }
        row.live = row.reads;
        row
    }
}

/// Fills in the rows of a subprogram.
pub(super) fn solve(flow: &Flow<'_>, live: &mut Liveness) {
    let post_order = flow.cfg.post_order(flow.sub);
    let sub = &flow.unit.code.subprogs()[flow.sub];
    let first = flow.cfg.block_of(sub.start as usize);
    let mut steps = Steps {
        start: sub.start as usize,
        steps: Vec::with_capacity((sub.end - sub.start) as usize),
        effects: vec![Effect::default()],
    };
    let blocks = first..first + post_order.len();
    let mut rows: Vec<Row> = blocks.clone().map(|block| steps.summarise(flow, block)).collect();
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
    for block in blocks {
        spread(flow, block, live_after(flow, &rows, first, block), &steps, live);
    }
}

fn live_after(flow: &Flow<'_>, rows: &[Row], first: usize, block: usize) -> Set {
    flow.cfg.blocks()[block].succs().fold(Set::default(), |set, succ| set.union(rows[succ as usize - first].live))
}

/// From what is live behind a block to what is live before each of its instructions.
fn spread(flow: &Flow<'_>, block: usize, after: Set, steps: &Steps, live: &mut Liveness) {
    let mut set = after;
    let range = flow.cfg.blocks()[block];
    for at in (range.start as usize..range.end as usize).rev() {
        let (reads, writes) = steps.of(at);
        set = set.before(reads, writes);
        live.regs[at] = set.regs;
        live.slots[at] = if flow.lost() { u64::MAX } else { slots(set.stack) };
    }
}
