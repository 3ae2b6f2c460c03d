//! The log of an exploration that is run again to be told: every step with the one before it on its path, how each path
//! ended, and the states that were asked for.

use std::collections::{BTreeMap, BTreeSet};

use crate::state::State;

/// No step.
pub(crate) const START: u32 = u32::MAX;

/// How a path ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Ended {
    /// The program or the function returned.
    Returned,
    /// A kept state covers the rest: the instruction where it was found, which the path did not examine.
    Covered(u32),
    /// An obligation is broken at the last step.
    Failed,
    /// No run goes on from the last step, which was proved by refinement.
    Dead,
}

/// Steps of all paths, as a tree: each names the one before it.
#[derive(Debug, Default)]
pub(crate) struct Log {
    /// (instruction, step before)
    steps: Vec<(u32, u32)>,
    /// (last step, how)
    ends: Vec<(u32, Ended)>,
    /// Steps whose states are to be kept.
    wanted: BTreeSet<u32>,
    /// The states before those steps.
    states: BTreeMap<u32, State>,
}

impl Log {
    /// A log that keeps the states before some steps. Explorations are deterministic: a second one has the same steps.
    pub(crate) fn keeping(wanted: BTreeSet<u32>) -> Log {
        Log { wanted, ..Log::default() }
    }

    /// Logs that a path reaches an instruction, coming from the step `before` ([`START`] for none). Returns the step,
    /// to be kept with the path's state.
    pub(crate) fn push(&mut self, insn: usize, before: u32, state: &State) -> u32 {
        let step = self.steps.len() as u32;
        self.steps.push((insn as u32, before));
        if self.wanted.contains(&step) {
            self.states.insert(step, state.clone());
        }
        step
    }

    /// Logs that the path to a step ends.
    pub(crate) fn end(&mut self, step: u32, how: Ended) {
        self.ends.push((step, how));
    }

    /// All steps: instruction, and the step before.
    pub(crate) fn steps(&self) -> &[(u32, u32)] {
        &self.steps
    }

    /// All ends, in the order in which they were met.
    pub(crate) fn ends(&self) -> &[(u32, Ended)] {
        &self.ends
    }

    /// The state before a step, if it was asked for.
    pub(crate) fn state(&self, step: u32) -> Option<&State> {
        self.states.get(&step)
    }

    /// The steps that lead to a step, the first one first, its own last.
    pub(crate) fn steps_to(&self, step: u32) -> Vec<u32> {
        let mut path = Vec::new();
        let mut at = step;
        while let Some(&(_, before)) = self.steps.get(at as usize) {
            path.push(at);
            at = before;
        }
        path.reverse();
        path
    }

    /// The steps that lead from behind step `from` to a step, with their instructions; `None` if they are more than `most`.
    pub(crate) fn steps_between(&self, from: u32, to: u32, most: usize) -> Option<Vec<(u32, u32)>> {
        let mut path = Vec::new();
        let mut at = to;
        while at != from {
            let &(insn, before) = self.steps.get(at as usize)?;
            path.push((at, insn));
            at = before;
            if path.len() > most {
                return None;
            }
        }
        path.reverse();
        Some(path)
    }

    /// The instructions that lead to a step, the first one first, its own last.
    pub(crate) fn path_to(&self, step: u32) -> Vec<u32> {
        self.steps_to(step).into_iter().map(|s| self.steps[s as usize].0).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::state::Frame;

    #[test]
    fn paths_share_their_beginning() {
        let state = State::new(Frame::new(0, 0, 0));
        let mut log = Log::keeping(BTreeSet::from([2]));
        let a = log.push(0, START, &state);
        let b = log.push(1, a, &state);
        let c = log.push(2, b, &state);
        let d = log.push(7, b, &state);
        assert_eq!(log.path_to(c), [0, 1, 2]);
        assert_eq!(log.path_to(d), [0, 1, 7]);
        assert_eq!(log.path_to(START), []);
        assert_eq!(log.steps_between(a, d, 2), Some(vec![(b, 1), (d, 7)]));
        assert_eq!(log.steps_between(START, d, 3).map(|p| p.len()), Some(3));
        assert!(log.steps_between(START, d, 2).is_none() && log.steps_between(c, d, 9).is_none());
        assert!(log.state(c).is_some() && log.state(d).is_none());
    }
}
