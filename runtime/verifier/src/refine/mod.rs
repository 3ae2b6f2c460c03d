//! The second opinion: what a failing obligation asks of numbers is put to a solver, as bits, on that one path.
//!
//! Ranges and known bits do not know that `b` is `8 - a`, that `off + len <= size`, or that of two branches one rules the
//! other out. Where a proof fails, the path that led there is walked again from a state that was kept on it, with each
//! number as 64 bits beside its range ([`shadow`], [`path`]); each branch that compared numbers, and each range that the
//! first state claims, is a claim on these bits. If they cannot all hold while the obligation is broken ([`solve`]), no run
//! breaks it on this path: the walk goes on, with the number within what was asked for. If they cannot all hold at all, no
//! run takes the path, and it ends here. Acceptance of other programs pays nothing: a program is walked without, and walked
//! again with a second opinion only if it would be refused.
//!
//! # Why that is sound
//!
//! 1. *What is claimed holds.* The walk begins at a state that covers all runs that come there on the path, and follows
//!    single instructions; inputs stand for what it does not follow. So every run that takes this path from that state on
//!    satisfies the claims, and an obligation that contradicts them is broken by none. "No" is the solver's exhaustive
//!    search, and its proof is checked step by step ([`proof`]).
//! 2. *Where the walk begins.* At the entry, or at a kept state as it is, with its ranges and links as claims. It never goes
//!    back beyond a state that stands for more runs than the path brought there: one that was widened or covered a later round
//!    of a loop, or at which loops are made to converge (callbacks, `may_goto`, iterators). Within a loop that converges, the
//!    path is that of one round from any state that the loop may be in.
//! 3. *What the kept states in between still claim.* A later path that one of them covers would be taken as proved, though it
//!    may have come there in another way, with `a` and `b` each in range and not tied to each other. Marking them precise
//!    would not help: their ranges do not say what ties them. So these states are *withdrawn*: they cover nothing any more.
//!    They covered nothing before, either: paths are walked depth first, so all of them are unfinished, and unfinished states
//!    cover rounds of loops alone, which point 2 excludes.
//! 4. *What the first state claims.* It stays, and so do those before it. A path that it covers has its numbers in its ranges
//!    and its links where they are precise: so every number that a claim in the proof depends on is marked as relied on, there
//!    and, as marks go, wherever it came from.
//! 5. *What follows.* The narrowed number is a claim of the states that are kept from there on, which prove it of the runs that
//!    come there; one that it covers must have its number within, as ever. Bounds that an export took before stay as wide as
//!    they were; what is exported after it is exported as of any number that is relied on (see `facts`).
//!
//! A proof holds on its path alone. What another path brings to the same instruction is put to the solver anew.
//!
//! # Budget
//!
//! How often a program may ask is a limit ([`stingless_abi::Limits::refinements`]; 0 switches all of this off). Gates, steps
//! and conflicts of one question are bounded, and count as work. Where they do not suffice, the answer is "not proved".

mod blast;
mod gates;
mod path;
mod proof;
mod shadow;
mod solve;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;

use stingless_isa::{AluOp, Reg, Width};

use self::gates::{Bit, Gate, Gates};
use self::path::Walked;
use self::shadow::Claim;
use self::solve::{Answer, solve};
use crate::domain::{Scalar, Tnum};
use crate::precision::NodeId;
use crate::region::Region;
use crate::state::State;
use crate::step::Machine;
use crate::value::{Value, range_text};

/// Gates of one question.
const MAX_GATES: usize = 200_000;

/// Conflicts of one question.
const MAX_CONFLICTS: u64 = 10_000;

/// Steps of work that a conflict counts for: a solver takes as long for one as examining so many instructions.
const WORK_OF_CONFLICT: u64 = 100;

/// What would make an obligation hold that could not be proved. Of pointers it tells the distance from their base, whatever
/// part of it varies: two states that stand for the same run may see that differently.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Need {
    /// The number, or the pointer's distance, goes from `first` to `last`, signed.
    Number {
        /// Where it is.
        reg: Reg,
        /// The least.
        first: i64,
        /// The greatest.
        last: i64,
    },
    /// The low half of the number goes from `first` to `last`, signed.
    Low {
        /// Where it is.
        reg: Reg,
        /// The least.
        first: i32,
        /// The greatest.
        last: i32,
    },
    /// The pointer's distance, plus `off`, is a multiple of `n`, a power of two.
    Aligned {
        /// Where it is.
        reg: Reg,
        /// What is added.
        off: i64,
        /// Of what.
        n: u32,
    },
    /// As many bytes as the number says are there from the pointer on: in `limit` bytes, or in a region whose length is not
    /// known.
    Extent {
        /// The pointer.
        reg: Reg,
        /// The number.
        len: Reg,
        /// The region's bytes.
        limit: Option<u32>,
    },
    /// From the pointer on, so many bytes are in its region, whose length is not known.
    Reach {
        /// The pointer.
        reg: Reg,
        /// Bytes.
        bytes: i64,
    },
}

/// What was proved, and is taken for granted from there on.
#[derive(Clone, Debug)]
pub(crate) enum Applied {
    /// The number, or the pointer's distance, is one of these.
    Number(Reg, Scalar),
    /// See [`Need::Reach`].
    Reach(Reg, i64),
    /// The bytes that the argument and its length name are there.
    Argument(Reg),
}

/// What was proved, by the step of the log at whose instruction it was.
pub(crate) type Settled = BTreeMap<u32, Vec<Applied>>;

/// What came of a question.
pub(crate) enum Opinion {
    /// It holds, by what these numbers are.
    Holds(Applied, Vec<NodeId>),
    /// No run takes the path, by what these numbers are.
    Dead(Vec<NodeId>),
    /// A run may break it, as far as the claims go.
    Broken,
    /// Nobody knows.
    Unknown,
}

/// Takes over what was proved; gives the arguments of which it was, as bits. `None` where it contradicts what is known.
pub(crate) fn settle(machine: &mut Machine<'_>, state: &mut State, applied: &Applied) -> Option<u16> {
    match *applied {
        Applied::Number(reg, ref wanted) => {
            let value = *state.reg(reg);
            if value.is_scalar() {
                let num = value.num.intersect(wanted)?;
                machine.narrow(state, reg, &value, num, value.node);
            } else {
                state.set(reg, Value { num: value.num.intersect(&variable_part(&value, wanted))?, ..value });
            }
        }
        Applied::Reach(reg, bytes) => {
            let value = *state.reg(reg);
            let region = value.region()?;
            let named = value.id != 0 || value.num.as_constant() == Some(0);
            let id = if named { value.id } else { machine.fresh_id() };
            state.set(reg, Value { id, ..value });
            // Where it is no number of bytes from there on, nothing is learned.
            if let Ok(bytes) = u32::try_from(i64::from(value.off) + bytes) {
                state.learn(region, id, bytes);
            }
        }
        Applied::Argument(reg) => return Some(1 << reg.index()),
    }
    Some(0)
}

/// What the variable part of a pointer's offset is where its distance is one of these.
fn variable_part(value: &Value, distance: &Scalar) -> Scalar {
    Scalar::alu(AluOp::Sub, Width::W64, *distance, Scalar::constant(i64::from(value.off) as u64))
}

/// What it says to people.
pub(crate) fn words(state: &State, applied: &Applied) -> String {
    match *applied {
        Applied::Number(reg, ref wanted) => {
            let value = state.reg(reg);
            let off = Scalar::constant(if value.is_ptr() { i64::from(value.off) as u64 } else { 0 });
            let all = Scalar::alu(AluOp::Add, Width::W64, value.num, off);
            let known = range_text(&all.intersect(wanted).unwrap_or(*wanted));
            if value.is_scalar() { format!("{reg} is {known}") } else { format!("the offset of {reg} is {known}") }
        }
        Applied::Reach(reg, _) => format!("the bytes that are accessed through {reg} are there"),
        Applied::Argument(reg) => format!("as many bytes as the length says are there from {reg} on"),
    }
}

/// Asks whether `need` holds, or whether no run takes the path, from a state on along the steps of the log and their
/// instructions. Gives the work that it took, too.
pub(crate) fn ask(
    machine: &mut Machine<'_>,
    state: &State,
    path: &[(u32, u32)],
    settled: &Settled,
    (need, work): (Option<Need>, u64),
) -> (Opinion, u64) {
    let mut spent = path.len() as u64;
    let Some(mut walked) = path::walk(machine, state, path, settled, MAX_GATES) else {
        return (Opinion::Unknown, spent);
    };
    let asked = need.and_then(|need| broken(machine, &mut walked, need));
    let gates = &walked.shadow.gates;
    spent += gates.all().len() as u64 / 8;
    let claims: Vec<Claim> =
        walked.shadow.claims.iter().copied().chain(gates.lemmas().iter().map(|&bit| Claim { bit, node: 0 })).collect();
    let conflicts = |spent: u64| (work.saturating_sub(spent) / WORK_OF_CONFLICT).min(MAX_CONFLICTS);
    if let Some((bit, node, applied)) = asked {
        let related = related(gates, &claims, bit);
        let wanted: Vec<Bit> = related.iter().map(|c| c.bit).chain([bit]).collect();
        let (answer, cost) = solve(gates, &wanted, conflicts(spent));
        spent += cost * WORK_OF_CONFLICT;
        let answered = match answer {
            Answer::No => Some(Opinion::Holds(applied, related.iter().map(|c| c.node).chain([node]).collect())),
            Answer::Unknown => Some(Opinion::Unknown),
            Answer::Yes(_) if related.len() == claims.len() => Some(Opinion::Broken),
            Answer::Yes(_) => None,
        };
        if let Some(answered) = answered {
            return (answered, spent);
        }
    }
    if claims.is_empty() {
        return (Opinion::Broken, spent);
    }
    let wanted: Vec<Bit> = claims.iter().map(|c| c.bit).collect();
    let (answer, cost) = solve(gates, &wanted, conflicts(spent));
    let opinion = match answer {
        Answer::No => Opinion::Dead(claims.iter().map(|c| c.node).collect()),
        Answer::Yes(_) => Opinion::Broken,
        Answer::Unknown => Opinion::Unknown,
    };
    (opinion, spent + cost * WORK_OF_CONFLICT)
}

/// The claims that have to do with a bit: those whose gates hang together with its own.
fn related(gates: &Gates, claims: &[Claim], bit: Bit) -> Vec<Claim> {
    let all = gates.all();
    let mut matters = vec![false; all.len()];
    let mut group: Vec<u32> = (0..all.len() as u32).collect();
    fn find(group: &mut [u32], mut at: usize) -> usize {
        while group[at] as usize != at {
            group[at] = group[group[at] as usize];
            at = group[at] as usize;
        }
        at
    }
    claims.iter().map(|c| c.bit).chain([bit]).for_each(|b| matters[b.gate()] = true);
    // Gates come after what they are made of.
    for (at, gate) in all.iter().enumerate().rev().filter(|(at, _)| *at != 0) {
        if let (Gate::And(a, b) | Gate::Xor(a, b), true) = (gate, matters[at]) {
            for input in [a.gate(), b.gate()] {
                matters[input] = true;
                let (x, y) = (find(&mut group, at), find(&mut group, input));
                group[x] = y as u32;
            }
        }
    }
    let own = find(&mut group, bit.gate());
    claims.iter().copied().filter(|c| find(&mut group, c.bit.gate()) == own || c.bit == Bit::ZERO).collect()
}

/// The bit that is 1 where an obligation is broken, what it depends on, and what holds where it is 0.
fn broken(machine: &mut Machine<'_>, walked: &mut Walked, need: Need) -> Option<(Bit, NodeId, Applied)> {
    let Walked { state, shadow } = walked;
    let nodes = &mut machine.nodes;
    let readable = |reg: Reg| (!state.reg(reg).is_uninit()).then_some(reg);
    match need {
        Need::Number { reg, first, last } => {
            let term = shadow.reg(state, readable(reg)?, nodes);
            let span = (last as u64).wrapping_sub(first as u64);
            let inside = blast::in_arc(&mut shadow.gates, &term.bits, first as u64, span);
            Some((inside.not(), term.node, Applied::Number(reg, Scalar::from_signed_range(first, last))))
        }
        Need::Low { reg, first, last } => {
            let term = shadow.reg(state, readable(reg)?, nodes);
            let span = last.wrapping_sub(first) as u32;
            let inside = blast::in_arc(&mut shadow.gates, &term.bits[..32], (first as u32).into(), span.into());
            Some((inside.not(), term.node, Applied::Number(reg, Scalar::from_signed_low(first, last))))
        }
        Need::Aligned { reg, off, n } => {
            let term = shadow.reg(state, readable(reg)?, nodes);
            let bits = blast::add(&mut shadow.gates, &term.bits, &blast::constant(off as u64, 64));
            let low = bits[..n.trailing_zeros() as usize].iter();
            let odd = low.fold(Bit::ZERO, |any, &b| shadow.gates.or(any, b));
            let mask = u64::from(n) - 1;
            let rest = off.wrapping_neg() as u64 & mask;
            Some((odd, term.node, Applied::Number(reg, Scalar::from_tnum(Tnum::new(rest, !mask)?))))
        }
        Need::Extent { reg, len, limit } => {
            let ptr = shadow.reg(state, readable(reg)?, nodes);
            let count = shadow.reg(state, readable(len)?, nodes);
            let high = match limit {
                Some(limit) => blast::constant(limit.into(), 64),
                None => shadow.length(state.reg(reg).region()?, state.length_id)?,
            };
            // Each at most `high`, which is below 2^62: the sum does not wrap.
            let end = blast::add(&mut shadow.gates, &ptr.bits, &count.bits);
            let beyond = [&ptr.bits, &count.bits, &end].map(|x| blast::below(&mut shadow.gates, &high, x));
            let any = beyond.iter().fold(Bit::ZERO, |any, &b| shadow.gates.or(any, b));
            Some((any, nodes.derive(ptr.node, count.node), Applied::Argument(reg)))
        }
        Need::Reach { reg, bytes } => {
            let term = shadow.reg(state, readable(reg)?, nodes);
            let region = state.reg(reg).region().filter(|r| !matches!(r, Region::DataMeta(_)))?;
            let length = shadow.length(region, state.length_id)?;
            let end = blast::add(&mut shadow.gates, &term.bits, &blast::constant(bytes as u64, 64));
            // At most the length, which is below 2^62: what is added, far less, does not wrap.
            let beyond = [&term.bits, &end].map(|x| blast::signed_below(&mut shadow.gates, &length, x));
            let any = shadow.gates.or(beyond[0], beyond[1]);
            Some((any, term.node, Applied::Reach(reg, bytes)))
        }
    }
}
