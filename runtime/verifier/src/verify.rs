//! The door: structure first, then every path of the program and of each global function, then the call chains.

use stingless_abi::{Entry, Limits, MapKind, ObjectKind, Proto, Trust};
use stingless_isa::{Callee, Insn, Ref, Reg, Subprog};
use stingless_object::{FuncArg, FuncInfo, Unit};

use crate::cfg::Cfg;
use crate::check::{Check, fail};
use crate::collect::Collector;
use crate::domain::Scalar;
use crate::env::Env;
use crate::error::{Class, Note, VerifierError};
use crate::explore::{Explorer, Shared, Stop, to_error};
use crate::facts::{Stats, linear_operands};
use crate::liveness::Liveness;
use crate::region::Region;
use crate::report::{Kind, spent};
use crate::state::{Frame, State};
use crate::step::Machine;
use crate::trace::{Log, Trace, tell};
use crate::value::Value;
use crate::verified::Verified;

/// Proves a unit safe, or says why it is not.
///
/// # Errors
/// The first obligation that could not be proved, or the limit that was reached. An inconsistency of the verifier itself
/// is an error with [`VerifierError::is_bug`], never an accept.
pub fn verify(unit: Unit, trust: Trust, limits: &Limits) -> Result<Verified, Box<VerifierError>> {
    verify_given(unit, trust, limits, Liveness::compute)
}

/// The same, with liveness from elsewhere: tests ask whether it makes a difference.
pub(crate) fn verify_given(
    unit: Unit,
    trust: Trust,
    limits: &Limits,
    liveness: fn(&Unit, &Cfg) -> Liveness,
) -> Result<Verified, Box<VerifierError>> {
    let (cfg, reach) = control_flow(&unit, limits)?;
    let live = liveness(&unit, &cfg);
    let mut env = environment(&unit, &cfg, &reach, trust, limits);
    let (longest, collector, stats, refined) = attempts(&mut env, &live)?;
    chains(&unit, &collector, limits)?;
    let mut facts = collector.into_facts(Some(longest));
    facts.linear = linear_operands(&unit, &cfg, &facts);
    let refinements = notes(&unit, &refined);
    Ok(Verified { unit, facts, stats, refinements })
}

/// Verifies a unit and tells what was seen on the way, for people who would rather look than read. Takes about three times
/// as long as [`verify`], and memory for the log of every step.
#[must_use]
pub fn verify_traced(unit: &Unit, trust: Trust, limits: &Limits) -> Trace {
    let (cfg, reach) = match control_flow(unit, limits) {
        Ok(known) => known,
        Err(error) => return tell(unit, None, &Log::default(), Stats::default(), Some(error), |log| log),
    };
    let live = Liveness::compute(unit, &cfg);
    let mut env = environment(unit, &cfg, &reach, trust, limits);
    let proved = attempts(&mut env, &live);
    let stats = proved.as_ref().map_or_else(|e| e.stats, |p| p.2);
    let refinements = proved.as_ref().map_or_else(|_| Vec::new(), |p| notes(unit, &p.3));
    let error = proved.and_then(|(_, collector, ..)| chains(unit, &collector, limits)).err();
    // As it was proved, or as it failed: the same paths, with every step logged.
    env.trace = true;
    let log = |log| walk(&env, &live, 0, log).1.log;
    Trace { refinements, ..tell(unit, Some(&cfg), &log(Log::default()), stats, error, log) }
}

/// Which subprograms, they or others that they call, may move the data of the context, and which may throw.
struct Reach {
    moves: Vec<bool>,
    throws: Vec<bool>,
    /// They alone: each call has a count of its own.
    counts: Vec<bool>,
}

/// What is told without a walk: structure, control flow, the depth of calls.
fn control_flow(unit: &Unit, limits: &Limits) -> Result<(Cfg, Reach), Box<VerifierError>> {
    structure(unit, limits)?;
    let cfg = Cfg::build(unit)?;
    cfg.calls().within(unit, limits.frames)?;
    let moves = transitive(unit, |p| p.may_move_packet() || p.effects.tail_call);
    let throws = transitive(unit, |p| p.effects.throws);
    let insns = unit.code.insns();
    let counts =
        |s: &Subprog| insns[s.start as usize..s.end as usize].iter().any(|i| matches!(i, Insn::MayGoto { .. }));
    let counts = unit.code.subprogs().iter().map(counts).collect();
    Ok((cfg, Reach { moves, throws, counts }))
}

/// How a program is walked first.
fn environment<'a>(unit: &'a Unit, cfg: &'a Cfg, reach: &'a Reach, trust: Trust, limits: &'a Limits) -> Env<'a> {
    Env {
        unit,
        cfg,
        trust,
        limits,
        trace: false,
        refine: false,
        widens_all: true,
        is_function: false,
        function_returns: false,
        moves_data: &reach.moves,
        throws: &reach.throws,
        counts: &reach.counts,
    }
}

/// What a proof leaves: the longest path, what is exported, figures, and what was proved by refinement where.
type Proved = (u64, Collector, Stats, Vec<(u32, String)>);

/// What is told of proofs by refinement.
fn notes(unit: &Unit, refined: &[(u32, String)]) -> Vec<Note> {
    let note = |(at, what): &(u32, String)| Note::at(unit, *at as usize, format!("proved by refinement: {what}"));
    refined.iter().map(note).collect()
}

/// Proves the program; where widening may have lost the proof, without it; and once more to explain a failure.
fn attempts(env: &mut Env<'_>, live: &Liveness) -> Result<Proved, Box<VerifierError>> {
    let first = match prove(env, live, 0) {
        Ok(proved) => return Ok(proved),
        Err(failed) => failed,
    };
    let (mut error, mut spent) = (first.error, first.work);
    if first.widened {
        env.widens_all = false;
        match prove(env, live, first.work) {
            Ok(proved) => return Ok(proved),
            // Of the two reports, one on a limit says less.
            Err(other) if other.error.class == Class::LoopOrBudget => (env.widens_all, spent) = (true, other.work),
            Err(other) => (error, spent) = (other.error, other.work),
        }
    }
    if error.class == Class::LoopOrBudget {
        if !error.bug && error.kind != Kind::InfiniteLoop.row().name {
            tell_spent(env, live, &mut error);
        }
        return Err(error);
    }
    if limits_allow(env, &error) {
        env.refine = true;
        match prove(env, live, spent) {
            Ok(proved) => return Ok(proved),
            // What the ranges do not prove is told as they see it.
            Err(other) if other.error.class == Class::LoopOrBudget || other.error.bug => env.refine = false,
            Err(other) => error = other.error,
        }
    }
    // With every step logged, to tell how it came to that. Failures are deterministic.
    env.trace = true;
    Err(prove(env, live, 0).err().map_or(error, |explained| explained.error))
}

/// Whether a second opinion may be asked for.
fn limits_allow(env: &Env<'_>, error: &VerifierError) -> bool {
    env.limits.refinements > 0 && !error.bug
}

/// Steps of a walk that ran out of its budget which are walked again to tell what used it up.
const SHORT_WALK: u64 = 30_000;

fn tell_spent(env: &Env<'_>, live: &Liveness, error: &mut VerifierError) {
    let short = Limits { examined_insns: SHORT_WALK.min(env.limits.examined_insns), ..env.limits.clone() };
    let env = Env { trace: true, limits: &short, ..*env };
    let log = walk(&env, live, 0, Log::default()).1.log;
    spent(env.unit, env.cfg, &log, |log| walk(&env, live, 0, log).1.log, error);
}

/// A proof that failed.
struct Failed {
    error: Box<VerifierError>,
    /// Numbers were widened that proofs relied on.
    widened: bool,
    /// What was spent.
    work: u64,
}

/// Walks the program and each global function that it calls; `work` was spent before.
fn prove(env: &Env<'_>, live: &Liveness, work: u64) -> Result<Proved, Failed> {
    let (walked, shared) = walk(env, live, work, Log::default());
    match walked {
        Ok((longest, collector)) => Ok((longest, collector, shared.stats, shared.refined)),
        Err(mut error) => {
            error.stats = shared.stats;
            Err(Failed { error, widened: shared.widened, work: shared.work })
        }
    }
}

/// What a walk ends with: the longest path and what is exported, or the first failure.
type Walked = Result<(u64, Collector), Box<VerifierError>>;

/// The same, with a log for [`Env::trace`].
fn walk(env: &Env<'_>, live: &Liveness, work: u64, log: Log) -> (Walked, Shared) {
    let subprogs = env.unit.code.subprogs().len();
    let collector = Collector::new(env.unit.code.len(), subprogs);
    let mut shared = Shared {
        stats: Stats::default(),
        work,
        functions: vec![Vec::new(); subprogs],
        nesting: 0,
        widened: false,
        log,
        asked: 0,
        refined: Vec::new(),
    };
    let program = explore(env, live, &mut shared, collector, 0, entry_state(env));
    let walked = program.and_then(|(longest, collector)| {
        let (more, collector) = exception(env, live, &mut shared, collector)?;
        Ok((longest.saturating_add(more), collector))
    });
    (walked, shared)
}

/// Explores the callback for exceptions, which ends the program in its stead; gives its longest path.
fn exception(env: &Env<'_>, live: &Liveness, shared: &mut Shared, collector: Collector) -> Walked {
    let Some(at) = env.unit.exception_callback else { return Ok((0, collector)) };
    let Some(sub) = env.unit.code.subprogs().get(at) else {
        return Err(VerifierError::new(env.unit, 0, Kind::Bug, "a callback for exceptions that is not there"));
    };
    if let Err(failed) = catches(env.unit.funcs.get(at)) {
        return Err(to_error(env.unit, sub.start as usize, *failed));
    }
    let mut state = State::new(Frame::new(0, at, 0));
    state.set(Reg::R1, Value::unknown());
    explore(env, live, shared, collector, sub.start as usize, state)
}

/// A callback for exceptions is a global function from one number to a number.
fn catches(info: Option<&FuncInfo>) -> Check {
    let Some(info) = info.filter(|f| f.global) else {
        return fail(Kind::UnsupportedFunction, "the callback for exceptions is no global function");
    };
    if info.args != [FuncArg::Scalar] {
        let message = format!("the callback for exceptions, `{}`, must have one argument, a number", info.name);
        return fail(Kind::UnsupportedFunction, message);
    }
    if !info.returns_scalar {
        let message = format!("the callback for exceptions, `{}`, must return a number", info.name);
        return fail(Kind::UnsupportedFunction, message);
    }
    Ok(())
}

/// Explores a global function from its arguments' types alone, some of which may be packet memory that goes stale;
/// gives its longest path.
pub(crate) fn function(
    env: &Env<'_>,
    live: &Liveness,
    shared: &mut Shared,
    collector: Collector,
    (subprog, moving): (usize, u8),
) -> Result<(u64, Collector), Stop> {
    if shared.nesting >= env.limits.frames {
        let message = format!("global functions call each other more than {} deep", env.limits.frames);
        return Err(fail::<()>(Kind::TooManyFrames, message).map_or_else(Stop::from, |()| Stop::bug(env.unit)));
    }
    let (Some(info), Some(sub)) = (env.unit.funcs.get(subprog), env.unit.code.subprogs().get(subprog)) else {
        return Err(Stop::bug(env.unit));
    };
    let inner = Env { is_function: true, function_returns: info.returns_scalar, ..*env };
    shared.nesting += 1;
    let state = function_state(info, subprog, moving);
    let explored = explore(&inner, live, shared, collector, sub.start as usize, state)?;
    shared.nesting -= 1;
    Ok(explored)
}

fn explore(
    env: &Env<'_>,
    live: &Liveness,
    shared: &mut Shared,
    collector: Collector,
    at: usize,
    mut state: State,
) -> Result<(u64, Collector), Box<VerifierError>> {
    let mut machine = Machine::new(env, collector);
    if state.reg(Reg::R1).region() == Some(Region::Linked) {
        // The length is the number with the memory's link.
        let id = machine.fresh_id();
        state.length_id = id;
        let length = Value { id, ..Value::scalar(Scalar::from_range(0, i64::MAX as u64)) };
        state.set(Reg::R2, length);
        // As many bytes as the length says are there.
        state.learn(Region::Linked, id, 0);
    }
    let longest = Explorer::new(&mut machine, live, shared).run(at, state)?;
    Ok((longest, machine.collector))
}

/// What the host calls the program with.
fn entry_state(env: &Env<'_>) -> State {
    let mut state = State::new(Frame::new(0, 0, 0));
    let r1 = match env.unit.hook.entry {
        Entry::Ctx(_) => Region::Ctx,
        Entry::Mem { .. } => Region::Linked,
    };
    state.set(Reg::R1, Value::ptr(r1));
    state
}

/// What a global function may be called with.
fn function_state(info: &FuncInfo, subprog: usize, moving: u8) -> State {
    let mut state = State::new(Frame::new(0, subprog, 0));
    for (index, (arg, reg)) in info.args.iter().zip(Reg::ARGS).enumerate() {
        let value = match arg {
            FuncArg::Scalar => Value::unknown(),
            FuncArg::Ctx => Value::ptr(Region::Ctx),
            FuncArg::Mem { size, nullable } => {
                // Ids of their own: below those of direct map values nothing else is.
                let id = u32::MAX - index as u32;
                let region = if moving & 1 << index == 0 { Region::ArgMem(*size) } else { Region::ArgData(*size) };
                Value { id, nullable: *nullable, ..Value::ptr(region) }
            }
            FuncArg::Dynptr => {
                let kind = if moving & 1 << index == 0 { ObjectKind::DynptrLocal } else { ObjectKind::DynptrSkb };
                Value { id: u32::MAX - index as u32, ..Value::ptr(Region::Dynptr(kind)) }
            }
            FuncArg::Unsupported(_) => Value::UNINIT,
        };
        state.set(reg, value);
    }
    state
}

/// What holds of the whole program, dead code included.
fn structure(unit: &Unit, limits: &Limits) -> Result<(), Box<VerifierError>> {
    if unit.code.len() > limits.program_insns as usize {
        return Err(to_error_at(
            unit,
            0,
            fail(
                Kind::ProgramTooLarge,
                format!("the program has {} instructions, the limit is {}", unit.code.len(), limits.program_insns),
            ),
        ));
    }
    if unit.maps.len() > limits.maps {
        return Err(to_error_at(
            unit,
            0,
            fail(Kind::TooManyMaps, format!("the program uses {} maps, the limit is {}", unit.maps.len(), limits.maps)),
        ));
    }
    for (at, insn) in unit.code.insns().iter().enumerate() {
        if let Err(f) = structure_of(unit, insn) {
            return Err(to_error(unit, at, *f));
        }
    }
    Ok(())
}

fn to_error_at(unit: &Unit, at: usize, check: Check) -> Box<VerifierError> {
    match check {
        Err(f) => to_error(unit, at, *f),
        Ok(()) => VerifierError::new(unit, at, Kind::Bug, "a failure without a reason"),
    }
}

fn structure_of(unit: &Unit, insn: &Insn) -> Check {
    match *insn {
        Insn::Call(Callee::Reg(reg)) => {
            fail(Kind::Unsupported, format!("calls through a register ({reg}) are not allowed"))
        }
        Insn::LoadRef { target: Ref::Map(map), .. } if map as usize >= unit.maps.len() => no_map(unit, map),
        Insn::LoadRef { target: Ref::MapValue { map, off }, .. } => {
            let Some(spec) = unit.maps.get(map as usize).map(|m| &m.spec) else {
                return no_map(unit, map);
            };
            if spec.kind != MapKind::Array || spec.max_entries != 1 {
                return fail(
                    Kind::MapKindArg,
                    format!("map `{}` is no array of one element: its value has no fixed address", spec.name),
                );
            }
            if off >= spec.value_size {
                return fail(
                    Kind::MapValueBounds,
                    format!(
                        "the value of map `{}` has {} bytes, its address is taken at {off}",
                        spec.name, spec.value_size
                    ),
                );
            }
            Ok(())
        }
        Insn::Call(Callee::Helper(_) | Callee::Kfunc(_) | Callee::Local(_) | Callee::Symbol(_))
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

fn no_map(unit: &Unit, map: u32) -> Check {
    fail(Kind::Unresolved, format!("there is no map {map}, the program has {}", unit.maps.len()))
}

/// Whether each subprogram, or one that it calls, calls a helper of that effect: one that moves the data of the context,
/// one that throws.
fn transitive(unit: &Unit, has: impl Fn(&Proto) -> bool) -> Vec<bool> {
    let subprogs = unit.code.subprogs();
    let mut moving: Vec<bool> = subprogs
        .iter()
        .map(|s| {
            unit.code.insns()[s.start as usize..s.end as usize].iter().any(|insn| {
                let Insn::Call(Callee::Helper(id)) = insn else { return false };
                unit.protos.get(*id).is_some_and(|p| has(p))
            })
        })
        .collect();
    loop {
        let before = moving.clone();
        for (index, sub) in subprogs.iter().enumerate() {
            for insn in &unit.code.insns()[sub.start as usize..sub.end as usize] {
                if let Insn::Call(Callee::Local(target)) | Insn::LoadRef { target: Ref::Func(target), .. } = insn {
                    moving[index] |= moving[unit.code.subprog_of(*target as usize)];
                }
            }
        }
        if moving == before {
            return moving;
        }
    }
}

/// Stack of every call chain: bytes, frames, tail calls.
fn chains(unit: &Unit, collector: &Collector, limits: &Limits) -> Result<(), Box<VerifierError>> {
    let count = unit.code.subprogs().len();
    // Most bytes and frames above each subprogram. Calls form no cycle, so `count` rounds do. Frames were counted before the
    // walk, but for callbacks, which run where their helper is called and not where their address was taken.
    let mut above: Vec<Option<(u32, u32)>> = vec![None; count];
    let roots = || [Some(0), unit.exception_callback.filter(|&at| at < count)].into_iter().flatten();
    roots().for_each(|root| above[root] = Some((0, 0)));
    for round in 0..=count {
        let mut changed = false;
        for edge in collector.edges() {
            let Some((bytes, frames)) = above[edge.caller] else { continue };
            let (bytes, frames) = (bytes + frame_bytes(collector.stack_of(edge.caller)), frames + 1);
            let old = above[edge.callee];
            let joined = old.map_or((bytes, frames), |o| (o.0.max(bytes), o.1.max(frames)));
            if old != Some(joined) {
                above[edge.callee] = Some(joined);
                changed = true;
            }
            check_chain(unit, collector, limits, edge.insn, edge.callee, joined)?;
        }
        if !changed {
            break;
        }
        if round == count {
            return Err(VerifierError::new(unit, 0, Kind::Recursion, "functions call each other in a circle"));
        }
    }
    roots().try_for_each(|root| {
        check_chain(unit, collector, limits, unit.code.subprogs()[root].start as usize, root, (0, 0))
    })
}

/// Linux's limit on the stack above a subprogram that tail-calls.
const TAIL_CALL_STACK: u32 = 256;

/// What the source calls a subprogram.
fn function_name(unit: &Unit, subprog: usize) -> &str {
    unit.funcs.get(subprog).map(|f| f.name.as_str()).filter(|n| !n.is_empty()).unwrap_or(&unit.name)
}

fn check_chain(
    unit: &Unit,
    collector: &Collector,
    limits: &Limits,
    insn: usize,
    callee: usize,
    (above, frames): (u32, u32),
) -> Result<(), Box<VerifierError>> {
    if frames as usize >= limits.frames {
        let message = format!("the call would be frame {} of its chain, the limit is {}", frames + 1, limits.frames);
        return Err(VerifierError::new(unit, insn, Kind::TooManyFrames, message));
    }
    let total = above + frame_bytes(collector.stack_of(callee));
    if total > limits.stack {
        let message = format!("the call chain takes {total} bytes of stack, the limit is {}", limits.stack);
        let mut error = VerifierError::new(unit, insn, Kind::StackTooDeep, message);
        // The frames of the last call; those above it are told by their sum.
        for sub in [unit.code.subprog_of(insn), callee] {
            let start = unit.code.subprogs()[sub].start as usize;
            let own = frame_bytes(collector.stack_of(sub));
            let note = format!("`{}` has {own} bytes of its own", function_name(unit, sub));
            if !error.secondary.iter().any(|n| n.message == note) {
                error = error.note(unit, start, note);
            }
        }
        return Err(error.help("put large variables into a map of one element, or share one buffer"));
    }
    if collector.tail_calls(callee) && above >= TAIL_CALL_STACK {
        let message = format!("a tail call from under {above} bytes of stack, the limit is {}", TAIL_CALL_STACK - 1);
        return Err(VerifierError::new(unit, insn, Kind::TailCallStack, message));
    }
    Ok(())
}

/// Bytes that a frame counts for: rounded up to 16.
fn frame_bytes(depth: u32) -> u32 {
    depth.next_multiple_of(16)
}
