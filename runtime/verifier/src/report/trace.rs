//! The log of an exploration that is run again to explain a failure: every step with the one before it on its path.

/// No step.
pub(crate) const START: u32 = u32::MAX;

/// Steps of all paths, as a tree: each names the one before it.
#[derive(Debug, Default)]
pub(crate) struct Trace {
    /// (instruction, step before)
    steps: Vec<(u32, u32)>,
}

impl Trace {
    /// Logs that a path reaches an instruction, coming from the step `before` ([`START`] for none). Returns the step,
    /// to be kept with the path's state.
    pub(crate) fn push(&mut self, insn: usize, before: u32) -> u32 {
        self.steps.push((insn as u32, before));
        self.steps.len() as u32 - 1
    }

    /// The instructions that lead to a step, the first one first, its own last.
    pub(crate) fn path_to(&self, step: u32) -> Vec<u32> {
        let mut path = Vec::new();
        let mut at = step;
        while let Some(&(insn, before)) = self.steps.get(at as usize) {
            path.push(insn);
            at = before;
        }
        path.reverse();
        path
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_share_their_beginning() {
        let mut trace = Trace::default();
        let a = trace.push(0, START);
        let b = trace.push(1, a);
        let c = trace.push(2, b);
        let d = trace.push(7, b);
        assert_eq!(trace.path_to(c), [0, 1, 2]);
        assert_eq!(trace.path_to(d), [0, 1, 7]);
        assert_eq!(trace.path_to(START), []);
    }
}
