//! Walks all paths, depth first, and prunes those that a kept state covers.

mod opinion;

use stingless_isa::{Callee, Insn, Reg};
use stingless_object::Unit;

use crate::check::{Check, Checker, Fail, bug, fail};
use crate::env::Env;
use crate::error::{Class, VerifierError};
use crate::facts::Stats;
use crate::liveness::Liveness;
use crate::obligation::{list_of, of_helper};
use crate::prune::{self, Before, Candidate, Comparison, Digest, Keeper, KeptId, Mode, NONE, Scratch, Widening};
use crate::refine::Settled;
use crate::region::Region;
use crate::report::{Kind, explain};
use crate::state::State;
use crate::step::{Machine, Next};
use crate::trace::{Ended, Log, START};
use crate::value::Value;
use opinion::Verdict;
use stingless_abi::Trust;

/// A path that is still to be walked.
struct Path {
    at: usize,
    state: State,
    /// The last kept state on it.
    parent: KeptId,
    /// Instructions since then.
    steps: u64,
    /// Passes through converging loops.
    rounds: u32,
    /// The last step in the trace.
    step: u32,
    /// Bytes of the state, when it was put off.
    bytes: usize,
}

/// A global function that was explored.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Explored {
    /// Bit `n`: argument `n` may be packet memory that the function moves, and goes stale with it.
    pub(crate) moving: u8,
    /// Its longest path.
    pub(crate) longest: u64,
}

/// What all explorations of one verification share.
#[derive(Debug)]
pub(crate) struct Shared {
    /// What was done so far.
    pub(crate) stats: Stats,
    /// Instructions examined and states compared.
    pub(crate) work: u64,
    /// How each global function was explored, by subprogram.
    pub(crate) functions: Vec<Vec<Explored>>,
    /// Global functions being explored.
    pub(crate) nesting: usize,
    /// Numbers were widened that proofs relied on.
    pub(crate) widened: bool,
    /// What is logged of the paths where [`Env::trace`] or [`Env::refine`] asks for it.
    pub(crate) log: Log,
    /// How often a solver was asked.
    pub(crate) asked: u32,
    /// What it proved: the instruction, and what holds there.
    pub(crate) refined: Vec<(u32, String)>,
}

/// Unfinished states that a path is compared with, latest first.
const MAX_ROUNDS_COMPARED: u32 = 48;

/// What is held of each instruction whatever its paths: control flow, liveness, what is exported.
const BYTES_OF_AN_INSN: usize = 100;

/// Values that are compared for one step of work: as long as it takes to examine an instruction.
const VALUES_OF_A_STEP: u64 = 4;

/// Rounds of a converging loop before numbers are widened that proofs rely on.
const PATIENCE: u32 = 6;

/// What a path met before where it is now.
#[derive(Clone, Copy, Debug, Default)]
struct Earlier {
    /// The last round of the same converging loop.
    latest: Option<KeptId>,
    /// How many rounds of it are kept.
    rounds: u32,
    /// How many unfinished states there are.
    looping: u32,
}

/// What makes sure that the loop through a forced checkpoint ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Turn {
    /// Nothing: it is no such place.
    None,
    /// The helper calls back so many times.
    Callback,
    /// `may_goto` counts.
    MayGoto,
    /// The iterator with this id runs out; `None` where it has.
    Iterator(Option<u32>),
}

/// Whether an instruction steps an iterator.
fn steps(env: &Env<'_>, insn: &Insn) -> bool {
    let Insn::Call(Callee::Helper(id)) = insn else { return false };
    env.unit.protos.get(*id).is_some_and(|p| p.steps().is_some())
}

/// The iterator that a call is about to step, where there are elements left.
fn stepped_iterator(env: &Env<'_>, state: &State, insn: &Insn) -> Option<u32> {
    let Insn::Call(Callee::Helper(id)) = insn else { return None };
    let value = state.reg(*Reg::ARGS.get(env.unit.protos.get(*id)?.steps()?)?);
    let Some(Region::Stack(frame)) = value.region() else { return None };
    state.object_at(usize::from(frame), value.fixed_off()?).filter(|o| o.active).map(|o| o.id)
}

/// What looking at kept states gives.
enum Visit {
    /// The path goes on.
    GoOn,
    /// The path is covered.
    Covered { tail: u64, low: KeptId },
}

/// Walks all paths from a state on; stops at the first that breaks an obligation.
pub(crate) struct Explorer<'m, 'a> {
    machine: &'m mut Machine<'a>,
    live: &'a Liveness,
    shared: &'m mut Shared,
    pending: Vec<Path>,
    pending_bytes: usize,
    keeper: Keeper,
    since_kept: Since,
    scratch: Scratch,
    /// Where all paths begin, for a second opinion on them.
    entry: Option<Box<State>>,
    /// What a second opinion proved, by the step.
    settled: Settled,
}

/// What was walked since a state was kept, on whatever paths, as Linux counts: counted by path, the short ends of many
/// forks would never be due, and a body with 20 branches would be walked in all 2^20 ways before one is.
#[derive(Clone, Copy, Debug, Default)]
struct Since {
    jumps: u32,
    insns: u32,
}

impl<'m, 'a> Explorer<'m, 'a> {
    /// An explorer that has walked nothing.
    pub(crate) fn new(machine: &'m mut Machine<'a>, live: &'a Liveness, shared: &'m mut Shared) -> Explorer<'m, 'a> {
        let keeper = Keeper::new(machine.env.unit.code.len());
        Explorer {
            machine,
            live,
            shared,
            pending: Vec::new(),
            pending_bytes: 0,
            keeper,
            since_kept: Since::default(),
            scratch: Scratch::default(),
            entry: None,
            settled: Settled::new(),
        }
    }

    /// Walks all paths; gives the instructions of the longest.
    pub(crate) fn run(mut self, at: usize, state: State) -> Result<u64, Box<VerifierError>> {
        self.entry = self.machine.env.refine.then(|| Box::new(state.clone()));
        self.pending.push(Path { at, state, parent: 0, steps: 0, rounds: 0, step: START, bytes: 0 });
        while let Some(path) = self.pending.pop() {
            self.pending_bytes -= path.bytes;
            self.walk(path)?;
        }
        self.shared.stats.states += self.keeper.count();
        self.shared.stats.peak_states = self.shared.stats.peak_states.max(self.keeper.peak);
        Ok(self.keeper.get(0).longest)
    }

    /// Walks one path to its end.
    fn walk(&mut self, mut path: Path) -> Result<(), Box<VerifierError>> {
        loop {
            let at = path.at;
            let ended = self.advance(&mut path).map_err(|stop| self.report(at, path.step, stop))?;
            if let Some((steps, low)) = ended {
                self.keeper.end(path.parent, steps, low);
                return Ok(());
            }
        }
    }

    /// The report of a failure at the end of the path to `step`.
    fn report(&mut self, at: usize, step: u32, stop: Stop) -> Box<VerifierError> {
        let env = self.machine.env;
        let fail = match stop {
            Stop::Here(fail) => *fail,
            Stop::Report(error) => return error,
        };
        let (kind, blame) = (fail.kind, fail.blame);
        if env.trace {
            self.shared.log.end(step, Ended::Failed);
        }
        // Where the budget ran out says little: where most states were kept, the loop is.
        let stray = matches!(kind, Kind::Budget | Kind::MemoryBudget) && env.cfg.loop_of(at).is_none();
        let at = if stray { self.keeper.hottest(|insn| env.cfg.loop_of(insn).is_some()).unwrap_or(at) } else { at };
        let mut error = to_error(env.unit, at, fail);
        if env.trace {
            explain(env.unit, env.cfg, &self.shared.log.path_to(step), kind, blame, &mut error);
        } else if error.class == Class::LoopOrBudget {
            // What used up the budget is not walked again.
            explain(env.unit, env.cfg, &[at as u32], kind, blame, &mut error);
        }
        error
    }

    /// Walks over one instruction. At the end of the path gives its length since the last kept state, and what it
    /// depends on.
    fn advance(&mut self, path: &mut Path) -> Result<Option<(u64, KeptId)>, Stop> {
        if self.machine.env.cfg.is_prune_point(path.at)
            && let Visit::Covered { tail, low } = self.visit(path)?
        {
            if self.machine.env.trace {
                self.shared.log.end(path.step, Ended::Covered(path.at as u32));
            }
            return Ok(Some((path.steps.saturating_add(tail), low)));
        }
        self.spend(path)?;
        let env = self.machine.env;
        let insn = &env.unit.code.insns()[path.at];
        if let Err(fail) = prove(env, &path.state, insn, 0)
            && self.second_opinion(path, fail)? == Verdict::Dead
        {
            self.shared.log.end(path.step, Ended::Dead);
            return Ok(Some((path.steps, NONE)));
        }
        self.machine.collector.reach(path.at);
        if let Insn::Call(Callee::Local(target)) = *insn {
            self.global(path, target)?;
        }
        self.since_kept.jumps += u32::from(insn.target().is_some());
        self.since_kept.insns += 1;
        match self.machine.step(&mut path.state, path.at)? {
            Next::Fall => path.at += 1,
            Next::Goto(target) => path.at = target as usize,
            Next::Fork { now, later, state } => {
                self.keeper.fork(path.parent);
                let bytes = prune::state_bytes(&state);
                self.pending_bytes += bytes;
                self.pending.push(Path {
                    bytes,
                    at: later as usize,
                    state: *state,
                    parent: path.parent,
                    steps: path.steps,
                    // An iterator counts its own steps.
                    rounds: path.rounds + u32::from(env.cfg.is_forced_checkpoint(path.at) && !steps(env, insn)),
                    step: path.step,
                });
                path.at = now as usize;
            }
            Next::End => {
                if env.trace {
                    self.shared.log.end(path.step, Ended::Returned);
                }
                return Ok(Some((path.steps, NONE)));
            }
        }
        Ok(None)
    }

    /// Counts an instruction against the limits.
    fn spend(&mut self, path: &mut Path) -> Check {
        let limits = self.machine.env.limits;
        path.steps += 1;
        if self.machine.env.trace || self.machine.env.refine {
            path.step = self.shared.log.push(path.at, path.step, &path.state);
        }
        self.shared.work += 1;
        self.shared.stats.insns_processed += 1;
        if self.shared.stats.insns_processed > limits.examined_insns {
            let message =
                format!("the program is too complex: more than {} instructions examined", limits.examined_insns);
            return fail(Kind::Budget, message);
        }
        if self.shared.work > limits.work {
            return fail(Kind::Budget, format!("the program is too complex: more than {} steps of work", limits.work));
        }
        if self.shared.stats.insns_processed.is_multiple_of(64) && self.bytes() > limits.verifier_bytes {
            let message = format!("the verification takes more than {} bytes of memory", limits.verifier_bytes);
            return fail(Kind::MemoryBudget, message);
        }
        Ok(())
    }

    /// Bytes that the verification takes, roughly.
    fn bytes(&self) -> usize {
        let lists = self.pending.capacity() * size_of::<Path>() * 3 / 2;
        let code = self.machine.env.unit.code.len() * BYTES_OF_AN_INSN;
        code + self.keeper.bytes() + self.machine.nodes.bytes() + lists + self.pending_bytes
    }

    /// A global function is explored where it is first called; its longest path counts at each call.
    fn global(&mut self, path: &mut Path, target: u32) -> Result<(), Stop> {
        let env = self.machine.env;
        let subprog = env.unit.code.subprog_of(target as usize);
        if !env.unit.funcs.get(subprog).is_some_and(|f| f.global) {
            return Ok(());
        }
        let moving = moving_arguments(env, &path.state, subprog);
        // What was proved with more of its arguments going stale holds with fewer.
        let known = self.shared.functions.get(subprog).and_then(|f| f.iter().find(|e| e.moving & moving == moving));
        let longest = match known {
            Some(explored) => explored.longest,
            None => {
                let collector = self.machine.take_collector();
                let which = (subprog, moving);
                let (longest, collector) = crate::verify::function(env, self.live, self.shared, collector, which)?;
                self.machine.collector = collector;
                if let Some(list) = self.shared.functions.get_mut(subprog) {
                    list.push(Explored { moving, longest });
                }
                longest
            }
        };
        path.steps = path.steps.saturating_add(longest);
        Ok(())
    }

    /// Looks for a kept state that covers the path; else keeps the path's own state, now and then.
    fn visit(&mut self, path: &mut Path) -> Result<Visit, Box<Fail>> {
        let env = self.machine.env;
        let forced = env.cfg.is_forced_checkpoint(path.at);
        let insn = &env.unit.code.insns()[path.at];
        let turn = match insn {
            _ if !forced => Turn::None,
            insn if steps(env, insn) => Turn::Iterator(stepped_iterator(env, &path.state, insn)),
            Insn::Call(_) => Turn::Callback,
            insn => {
                debug_assert!(matches!(insn, Insn::MayGoto { .. }));
                Turn::MayGoto
            }
        };
        let mut earlier = Earlier::default();
        let now = self.keeper.has_any(path.at).then(|| {
            let equal = !self.keeper.unfinished_at(path.at).is_empty();
            Digest::of(&path.state, self.live.live_regs(path.at), equal)
        });
        if let Some(now) = &now
            && let Some(visit) = self.visit_unfinished(path, turn, now, &mut earlier)?
        {
            return Ok(visit);
        }
        let due = forced || self.is_due(earlier);
        // From the last one down: one that is given up leaves those before it where they are.
        let mut left = self.keeper.finished(path.at).len();
        while let (Some(now), true) = (&now, left > 0) {
            left -= 1;
            let Candidate { id, digest } = self.keeper.finished(path.at)[left];
            self.shared.work += 1;
            if !digest.same_chain(now) {
                continue;
            }
            if digest.may_cover(now) {
                let low = self.keeper.depends_on(id);
                let mode = if low == NONE { Mode::Loose } else { Mode::Within };
                if self.covers(id, path, mode) {
                    let tail = self.keeper.get(id).longest;
                    return Ok(self.covered(id, tail, low));
                }
            }
            // Where no state is kept anew, the rounds of a loop would drive out the few that are.
            if due {
                self.keeper.miss(id, if forced { 64 } else { 3 });
            }
        }
        if turn == Turn::Callback && path.state.frame().iterations == 0 {
            path.state.frame_mut().instance = self.machine.fresh_id();
        }
        if due { self.keep(path, earlier) } else { Ok(Visit::GoOn) }
    }

    /// Whether enough was walked since a state was kept.
    fn is_due(&self, earlier: Earlier) -> bool {
        let Since { jumps, insns } = self.since_kept;
        if earlier.looping > 0 { jumps >= 20 || insns >= 100 } else { jumps >= 2 && insns >= 8 }
    }

    /// Compares the path with the latest of the states it came by: a loop that converged, or one that never ends.
    fn visit_unfinished(
        &mut self,
        path: &Path,
        turn: Turn,
        now: &Digest,
        earlier: &mut Earlier,
    ) -> Result<Option<Visit>, Box<Fail>> {
        let env_widens = self.machine.env.widens_all;
        let mut left = self.keeper.unfinished_at(path.at).len();
        // Without widening, a loop may come round in full before it is seen to.
        let most = if env_widens { MAX_ROUNDS_COMPARED } else { 8 * MAX_ROUNDS_COMPARED };
        while left > 0 && earlier.looping < most {
            left -= 1;
            let Candidate { id, digest } = self.keeper.unfinished_at(path.at)[left];
            self.shared.work += 1;
            if !digest.same_chain(now) {
                continue;
            }
            earlier.looping += 1;
            // More rounds than are counted, or none at all: nothing but a cover is of interest.
            let counted = turn == Turn::None || earlier.rounds >= PATIENCE;
            if counted && !digest.may_equal(now) && (turn == Turn::None || !digest.may_cover(now)) {
                continue;
            }
            let kept = self.keeper.get(id);
            // The same loop, a round later: a callback that returned, a `may_goto` that went on, an iterator that gave an
            // element.
            let again = match (&kept.state, turn) {
                (None, _) | (_, Turn::None | Turn::Iterator(None)) => false,
                (Some(old), Turn::Callback) => {
                    let (was, now) = (old.frame(), path.state.frame());
                    now.iterations > 0 && was.instance == now.instance
                }
                // Not just any round: only what this frame's own count paid for.
                (Some(old), Turn::MayGoto) => {
                    let (was, now) = (old.frame(), path.state.frame());
                    was.serial == now.serial && was.turns != now.turns
                }
                (Some(old), Turn::Iterator(Some(id))) => old.active_iterator(id).is_some(),
            };
            let moved =
                || kept.rounds != path.rounds || kept.state.as_ref().is_some_and(|o| o.steps_differ(&path.state));
            if again {
                earlier.latest = earlier.latest.or(Some(id));
                earlier.rounds += 1;
                let fault = fault!(88) && matches!(turn, Turn::Iterator(_)) || fault!(109) && turn == Turn::MayGoto;
                if fault || digest.may_cover(now) && self.covers(id, path, Mode::Within) {
                    self.machine.collector.converges();
                    return Ok(Some(self.covered(id, 0, id)));
                }
            } else if digest.may_equal(now) && !moved() && self.covers(id, path, Mode::Exact) {
                return fail(Kind::InfiniteLoop, "the loop comes back here with nothing changed: it never ends");
            }
        }
        Ok(None)
    }

    fn covered(&mut self, id: KeptId, tail: u64, low: KeptId) -> Visit {
        self.keeper.hit(id);
        Visit::Covered { tail, low }
    }

    /// Whether a kept state covers the path; if so, lets its marks reach the path's numbers.
    fn covers(&mut self, id: KeptId, path: &Path, mode: Mode) -> bool {
        let env = self.machine.env;
        let Some(old) = self.keeper.get(id).state.as_deref() else {
            return false;
        };
        let leaky = env.trust == Trust::Privileged;
        let mut comparison = Comparison::new(env.unit, self.live, &self.machine.nodes, leaky, mode)
            .reusing(std::mem::take(&mut self.scratch));
        let covers = comparison.covers(old, &path.state, path.at);
        self.shared.work += comparison.looked / VALUES_OF_A_STEP;
        self.scratch = comparison.found;
        if covers {
            for &(from, to) in &self.scratch.pairs {
                self.machine.nodes.link(from, to);
            }
        }
        covers
    }

    /// Keeps the path's state.
    fn keep(&mut self, path: &mut Path, earlier: Earlier) -> Result<Visit, Box<Fail>> {
        if let Some(old) = earlier.latest.and_then(|id| self.keeper.get(id).state.as_deref()) {
            let all = self.machine.env.widens_all && earlier.rounds >= PATIENCE;
            let widening = if all { Widening::All } else { Widening::Imprecise };
            self.shared.widened |= prune::widen(&mut path.state, old, &self.machine.nodes, widening);
        }
        prune::clean(&mut path.state, path.at, self.machine.env.unit, self.live);
        prune::renode(&mut path.state, &mut self.machine.nodes);
        let kept = Box::new(path.state.clone());
        let before = Before { parent: path.parent, steps: path.steps, rounds: path.rounds, step: path.step };
        path.parent = self.keeper.keep((path.at, self.live.live_regs(path.at)), kept, before);
        path.steps = 0;
        self.since_kept = Since::default();
        Ok(Visit::GoOn)
    }
}

/// Why a walk stops: a broken obligation at the current instruction, or a finished report.
pub(crate) enum Stop {
    /// At the current instruction.
    Here(Box<Fail>),
    /// Elsewhere.
    Report(Box<VerifierError>),
}

impl From<Box<Fail>> for Stop {
    fn from(fail: Box<Fail>) -> Stop {
        Stop::Here(fail)
    }
}

impl From<Box<VerifierError>> for Stop {
    fn from(error: Box<VerifierError>) -> Stop {
        Stop::Report(error)
    }
}

impl Stop {
    /// An inconsistency of ours.
    pub(crate) fn bug(unit: &Unit) -> Stop {
        Stop::Report(VerifierError::new(unit, 0, Kind::Bug, "a function is explored that is not there"))
    }
}

/// The arguments of a global function that are packet memory which it may move.
fn moving_arguments(env: &Env<'_>, state: &State, subprog: usize) -> u8 {
    if !env.moves_data.get(subprog).copied().unwrap_or(true) {
        return 0;
    }
    let args = Reg::ARGS.into_iter().enumerate();
    let moves = |value: &Value| {
        value.region().is_some_and(Region::moves) || state.dynptr_of(value).is_some_and(|o| o.kind.row().packet)
    };
    args.filter(|(_, reg)| moves(state.reg(*reg))).fold(0, |bits, (at, _)| bits | 1 << at)
}

/// Proves all that must hold before an instruction; `given` are the arguments, as bits, whose memory and length fit.
pub(crate) fn prove(env: &Env<'_>, state: &State, insn: &Insn, given: u16) -> Check {
    let checker = Checker { env, state, given };
    for obligation in list_of(insn).iter().flatten() {
        checker.prove(obligation).map_err(|f| f.of(obligation))?;
    }
    match *insn {
        Insn::Call(Callee::Helper(id)) => {
            let Some(proto) = env.unit.protos.get(id) else {
                return bug("a helper that is not there was passed");
            };
            for obligation in of_helper(proto) {
                checker.prove(&obligation).map_err(|f| f.of(&obligation))?;
            }
            checker.map_takes_writes(proto)?;
            checker.packet_arguments(proto)?;
            checker.lock_matches(proto)
        }
        Insn::Call(Callee::Local(target)) => checker.function(target),
        Insn::Call(Callee::Kfunc(_) | Callee::Symbol(_) | Callee::Reg(_))
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
        | Insn::Branch { .. }
        | Insn::MayGoto { .. }
        | Insn::Exit
        | Insn::Poison(_) => Ok(()),
    }
}

/// The report of a failure.
pub(crate) fn to_error(unit: &Unit, at: usize, fail: Fail) -> Box<VerifierError> {
    let mut error = VerifierError::new(unit, at, fail.kind, fail.message);
    error.cause = fail.cause;
    error.help = fail.help;
    error
}
