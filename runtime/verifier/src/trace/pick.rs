//! Which of the explored paths are worth looking at: the one that failed, and of the others those that go somewhere in a
//! way that no path before them does.

use std::collections::BTreeSet;

use super::log::{Ended, Log};

/// Paths that are kept, at most.
pub(super) const MAX_PATHS: usize = 24;
/// Steps that are kept of a path, at most: the first and the last ones.
pub(super) const MAX_STEPS: usize = 1_500;
/// Steps that are kept of all paths, at most.
const MAX_ALL: usize = 12_000;

/// A path that was picked.
pub(super) struct Picked {
    pub(super) ended: Ended,
    /// Its steps, the first one first.
    pub(super) steps: Vec<u32>,
    /// Which of `steps` are kept: `0..head` and `tail..`.
    pub(super) head: usize,
    pub(super) tail: usize,
}

impl Picked {
    fn of(log: &Log, end: (u32, Ended)) -> Picked {
        let steps = log.steps_to(end.0);
        let (head, tail) = if steps.len() <= MAX_STEPS {
            (steps.len(), steps.len())
        } else {
            (MAX_STEPS / 3, steps.len() - 2 * MAX_STEPS / 3)
        };
        Picked { ended: end.1, steps, head, tail }
    }

    /// Positions in `steps` of those that are kept.
    pub(super) fn kept(&self) -> impl Iterator<Item = usize> {
        (0..self.head).chain(self.tail..self.steps.len())
    }
}

/// The paths to look at, the failing one first.
pub(super) fn pick(log: &Log) -> Vec<Picked> {
    let mut seen_step = vec![false; log.steps().len()];
    // (instruction, the next one)
    let mut seen_way = BTreeSet::new();
    let mut out = Vec::new();
    let mut all = 0;
    let failed = log.ends().iter().filter(|e| e.1 == Ended::Failed);
    let others = log.ends().iter().filter(|e| e.1 != Ended::Failed);
    for &end in failed.chain(others) {
        // What a path shares with one that was looked at has nothing new.
        let mut at = end.0;
        let mut new = matches!(end.1, Ended::Failed);
        let mut next = if let Ended::Covered(at) = end.1 { Some(at) } else { None };
        while let Some(&(insn, before)) = log.steps().get(at as usize) {
            let shared = std::mem::replace(&mut seen_step[at as usize], true);
            new |= seen_way.insert((insn, next));
            if shared {
                break;
            }
            (next, at) = (Some(insn), before);
        }
        if new && out.len() < MAX_PATHS && all < MAX_ALL {
            let picked = Picked::of(log, end);
            all += picked.kept().count();
            out.push(picked);
        }
    }
    out
}

/// The steps whose states are needed to tell those paths.
pub(super) fn wanted(picked: &[Picked]) -> BTreeSet<u32> {
    picked.iter().flat_map(|p| p.kept().map(|at| p.steps[at])).collect()
}
