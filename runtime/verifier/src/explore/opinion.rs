//! Asks for a second opinion where an obligation cannot be proved: see `refine` for what is asked and why it is sound.

use super::{Explorer, Path, prove};
use crate::check::Fail;
use crate::error::Class;
use crate::precision::NodeId;
use crate::prune::KeptId;
use crate::refine::{Applied, Need, Opinion, ask, settle, words};
use crate::report::Kind;
use crate::state::State;

/// Instructions of a path that are looked at, at most.
const MAX_STEPS: usize = 4_096;

/// Obligations of one instruction that are put to the solver.
const MAX_NEEDS: usize = 12;

/// What becomes of a path.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Verdict {
    /// All obligations hold.
    GoOn,
    /// No run takes it.
    Dead,
}

/// A state that the path can be looked at from.
struct Start {
    /// The kept state; 0 for the entry.
    id: KeptId,
    /// The steps from there, with their instructions.
    path: Vec<(u32, u32)>,
}

/// What was found, from one start.
struct Found {
    applied: Option<Applied>,
    nodes: Vec<NodeId>,
}

impl Explorer<'_, '_> {
    /// Whether the obligation of the current instruction holds after all, and all others do; or the path is dead. The
    /// failure comes back where neither was proved.
    pub(super) fn second_opinion(&mut self, path: &mut Path, fail: Box<Fail>) -> Result<Verdict, Box<Fail>> {
        let env = self.machine.env;
        let insn = &env.unit.code.insns()[path.at];
        let (mut fail, mut given) = (fail, 0);
        for _ in 0..MAX_NEEDS {
            if !env.refine || !is_asked(fail.kind) || self.shared.asked >= env.limits.refinements {
                return Err(fail);
            }
            self.shared.asked += 1;
            let Some((id, found)) = self.look(path, fail.need) else { return Err(fail) };
            self.take_over(path, id, &found.nodes);
            let Some(applied) = found.applied else {
                self.tell(path.at, "no run comes here on this path".to_owned());
                return Ok(Verdict::Dead);
            };
            let text = words(&path.state, &applied);
            let Some(more) = settle(self.machine, &mut path.state, &applied) else {
                // What holds contradicts what is known: of no run.
                self.tell(path.at, "no run comes here on this path".to_owned());
                return Ok(Verdict::Dead);
            };
            self.tell(path.at, text);
            self.settled.entry(path.step).or_default().push(applied);
            given |= more;
            match prove(env, &path.state, insn, given) {
                Ok(()) => return Ok(Verdict::GoOn),
                Err(next) => fail = next,
            }
        }
        Err(fail)
    }

    /// Remembers what to tell of a proof.
    fn tell(&mut self, at: usize, what: String) {
        let told = (at as u32, what);
        if !self.shared.refined.contains(&told) {
            self.shared.refined.push(told);
        }
    }

    /// The kept states of the path become no more than states it came by, down to the one that the proof began at, whose
    /// numbers it relied on.
    fn take_over(&mut self, path: &Path, start: KeptId, nodes: &[NodeId]) {
        let mut id = path.parent;
        while id != start {
            self.keeper.withdraw(id);
            let Some(before) = self.keeper.before(id) else { break };
            id = before;
        }
        for &node in nodes {
            self.machine.rely(node);
        }
    }

    /// Looks at the path from the earliest state that it can be looked at from; what is proved there may be proved from a
    /// later one, which leaves more states in their places.
    fn look(&mut self, path: &Path, need: Option<Need>) -> Option<(KeptId, Found)> {
        let starts = self.starts(path);
        let mut earliest = starts.len().checked_sub(1)?;
        let mut best = loop {
            match self.ask_from(&starts[earliest], need) {
                Opinion::Holds(applied, nodes) => break Found { applied: Some(applied), nodes },
                Opinion::Dead(nodes) => break Found { applied: None, nodes },
                Opinion::Broken => return None,
                // Shorter paths make smaller questions.
                Opinion::Unknown if earliest == 0 => return None,
                Opinion::Unknown => earliest /= 4,
            }
        };
        let mut later = 0;
        while later < earliest {
            let found = match self.ask_from(&starts[later], need) {
                Opinion::Holds(applied, nodes) => Some(Found { applied: Some(applied), nodes }),
                Opinion::Dead(nodes) => Some(Found { applied: None, nodes }),
                Opinion::Broken | Opinion::Unknown => None,
            };
            if let Some(found) = found {
                (earliest, best) = (later, found);
                break;
            }
            later = 2 * later + 1;
        }
        Some((starts[earliest].id, best))
    }

    fn ask_from(&mut self, start: &Start, need: Option<Need>) -> Opinion {
        let left = self.machine.env.limits.work.saturating_sub(self.shared.work);
        let state: Option<&State> =
            if start.id == 0 { self.entry.as_deref() } else { self.keeper.get(start.id).state.as_deref() };
        let Some(state) = state else { return Opinion::Unknown };
        let (opinion, spent) = ask(self.machine, state, &start.path, &self.settled, (need, left));
        self.shared.work += spent;
        opinion
    }

    /// The states that the path can be looked at from, the latest first.
    fn starts(&self, path: &Path) -> Vec<Start> {
        let env = self.machine.env;
        let mut starts = Vec::new();
        let mut id = path.parent;
        loop {
            let kept = self.keeper.get(id);
            let from = kept.step();
            let Some(steps) = self.shared.log.steps_between(from, path.step, MAX_STEPS) else { break };
            if id == 0 || kept.state.is_some() {
                starts.push(Start { id, path: steps });
            }
            // What is before it does not tell all that may be here.
            if kept.covered() || id != 0 && env.cfg.is_forced_checkpoint(kept.insn()) {
                break;
            }
            let Some(before) = self.keeper.before(id) else { break };
            id = before;
        }
        starts
    }
}

/// Whether what failed may be a matter of which path it is. What the program has no right to is not, wherever it stands.
fn is_asked(kind: Kind) -> bool {
    match kind.row().class {
        Class::Env | Class::Encoding | Class::LoopOrBudget => false,
        Class::Null
        | Class::Bounds
        | Class::Uninit
        | Class::Type
        | Class::Provenance
        | Class::Reference
        | Class::HelperArg
        | Class::Ctx
        | Class::PacketStale
        | Class::Stack
        | Class::Lock
        | Class::IteratorDynptr
        | Class::Other => kind != Kind::Bug && kind != Kind::Unresolved,
    }
}
