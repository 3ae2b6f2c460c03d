//! Walks all paths, depth first.

use stingless_object::Unit;

use crate::check::{Check, Checker, Fail};
use crate::env::Env;
use crate::error::VerifierError;
use crate::obligation::{of_helper, of_insn};
use crate::report::{Kind, START, Trace, explain};
use crate::state::State;
use crate::step::{Machine, Next};
use stingless_isa::{Callee, Insn};

/// A path that is still to be walked.
struct Pending {
    at: usize,
    state: State,
    steps: u64,
    /// The last step in the trace.
    step: u32,
}

/// What exploring cost and found.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Walked {
    /// Instructions examined.
    pub(crate) examined: u64,
    /// Instructions of the longest path.
    pub(crate) longest: u64,
}

/// Walks all paths from a state on; stops at the first that breaks an obligation.
pub(crate) struct Explorer<'m, 'a> {
    machine: &'m mut Machine<'a>,
    pending: Vec<Pending>,
    walked: Walked,
    trace: Trace,
}

impl<'m, 'a> Explorer<'m, 'a> {
    /// An explorer that has walked nothing, and examined that many instructions before.
    pub(crate) fn new(machine: &'m mut Machine<'a>, examined: u64) -> Explorer<'m, 'a> {
        Explorer { machine, pending: Vec::new(), walked: Walked { examined, longest: 0 }, trace: Trace::default() }
    }

    /// Walks all paths.
    pub(crate) fn run(mut self, at: usize, state: State) -> Result<Walked, Box<VerifierError>> {
        self.pending.push(Pending { at, state, steps: 0, step: START });
        while let Some(path) = self.pending.pop() {
            self.path(path)?;
        }
        Ok(self.walked)
    }

    /// Walks one path to its end.
    fn path(&mut self, mut path: Pending) -> Result<(), Box<VerifierError>> {
        loop {
            let at = path.at;
            let next = self.insn(&mut path).map_err(|f| self.report(at, path.step, *f))?;
            match next {
                Next::Fall => path.at += 1,
                Next::Goto(target) => path.at = target as usize,
                Next::Fork(target, state) => {
                    self.pending.push(Pending {
                        at: target as usize,
                        state: *state,
                        steps: path.steps,
                        step: path.step,
                    });
                    path.at += 1;
                }
                Next::End => {
                    self.walked.longest = self.walked.longest.max(path.steps);
                    return Ok(());
                }
            }
        }
    }

    /// The report of a failure at the end of the path to `step`.
    fn report(&self, at: usize, step: u32, fail: Fail) -> Box<VerifierError> {
        let env = self.machine.env;
        let (kind, blame) = (fail.kind, fail.blame);
        let mut error = to_error(env.unit, at, fail);
        if env.trace {
            explain(env.unit, env.cfg, &self.trace.path_to(step), kind, blame, &mut error);
        }
        error
    }

    fn insn(&mut self, path: &mut Pending) -> Result<Next, Box<Fail>> {
        let env = self.machine.env;
        self.walked.examined += 1;
        path.steps += 1;
        if env.trace {
            path.step = self.trace.push(path.at, path.step);
        }
        if self.walked.examined > env.limits.examined_insns {
            return crate::check::fail(
                Kind::Budget,
                format!("the program is too complex: more than {} instructions examined", env.limits.examined_insns),
            );
        }
        self.machine.collector.reach(path.at);
        let insn = &env.unit.code.insns()[path.at];
        prove(env, &path.state, insn)?;
        self.machine.step(&mut path.state, path.at)
    }
}

/// Proves all that must hold before an instruction.
fn prove(env: &Env<'_>, state: &State, insn: &Insn) -> Check {
    let checker = Checker { env, state };
    for obligation in of_insn(insn) {
        checker.prove(&obligation).map_err(|f| f.of(&obligation))?;
    }
    match *insn {
        Insn::Call(Callee::Helper(id)) => {
            if let Some(proto) = env.unit.protos.get(id) {
                for obligation in of_helper(proto) {
                    checker.prove(&obligation).map_err(|f| f.of(&obligation))?;
                }
            }
        }
        Insn::Call(Callee::Local(target)) => checker.function(target)?,
        _ => {}
    }
    Ok(())
}

/// The report of a failure.
pub(crate) fn to_error(unit: &Unit, at: usize, fail: Fail) -> Box<VerifierError> {
    let mut error = VerifierError::new(unit, at, fail.kind, fail.message);
    error.cause = fail.cause;
    error.help = fail.help;
    error
}
