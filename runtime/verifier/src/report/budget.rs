//! What used up the budget: the loop, what is another value each time round, and the lines that were examined most.

use std::collections::{BTreeMap, BTreeSet};

use stingless_isa::Reg;
use stingless_object::Unit;

use super::Namer;
use crate::cfg::Cfg;
use crate::error::{Note, VerifierError};
use crate::trace::{Ended, Log, Place, places};
use crate::usage::Usage;

/// Places that do not converge that a report names, at most.
const MAX_NAMED: usize = 3;
/// Lines that a report names as examined most.
const MAX_HOT: usize = 3;

/// Tells a spent budget from the log of the beginning of the walk; `again` walks it once more and keeps states.
pub(crate) fn spent(unit: &Unit, cfg: &Cfg, log: &Log, again: impl FnOnce(Log) -> Log, error: &mut VerifierError) {
    let mut counts = vec![0u64; unit.code.len()];
    log.steps().iter().for_each(|&(insn, _)| counts[insn as usize] += 1);
    let mut facts = Vec::new();
    let looping = |at: &usize| cfg.is_loop_header(*at) && cfg.loop_of(*at).is_some();
    if let Some(header) = (0..counts.len()).filter(looping).max_by_key(|&at| counts[at]) {
        let message = error.primary.message.clone();
        let at = statement(unit, cfg, header);
        error.primary = Note::at(unit, at, message);
        error.secondary.clear();
        facts.extend(moving(unit, cfg, log, again, header, error));
    }
    facts.extend(hot(unit, &counts));
    if !facts.is_empty() {
        error.cause = Some(facts.join("; "));
    }
}

/// The instruction of the loop whose line says `for` or `while`, at or above that of the header; else the header.
pub(super) fn statement(unit: &Unit, cfg: &Cfg, header: usize) -> usize {
    let Some(own) = unit.line_of(header) else { return header };
    let says = |text: &str| {
        let text = text.trim_start().trim_start_matches('}').trim_start();
        ["for", "while", "do", "bpf_for", "bpf_repeat"].iter().any(|word| {
            text.strip_prefix(word).is_some_and(|rest| !rest.starts_with(|c: char| c.is_alphanumeric() || c == '_'))
        })
    };
    let inside = (0..unit.code.len()).filter(|&at| cfg.loop_of(at) == cfg.loop_of(header));
    let lines =
        inside.filter_map(|at| Some((unit.line_of(at)?, at))).filter(|(l, _)| l.file == own.file && says(&l.text));
    let above = lines.filter(|(l, _)| l.line <= own.line);
    above.max_by_key(|&(l, at)| (l.line, std::cmp::Reverse((l.column, at)))).map_or(header, |(_, at)| at)
}

/// Compares the last two states at the header of the walk's last path.
fn moving(
    unit: &Unit,
    cfg: &Cfg,
    log: &Log,
    again: impl FnOnce(Log) -> Log,
    header: usize,
    error: &mut VerifierError,
) -> Option<String> {
    let &(last, _) = log.ends().iter().rev().find(|e| e.1 == Ended::Failed)?;
    let steps = log.steps_to(last);
    let path: Vec<u32> = steps.iter().map(|&s| log.steps()[s as usize].0).collect();
    let mut visits = (0..path.len()).rev().filter(|&at| path[at] as usize == header);
    let (second, first) = (visits.next()?, visits.next()?);
    let kept = again(Log::keeping(BTreeSet::from([steps[first], steps[second]])));
    let (old, new) = (kept.state(steps[first])?, kept.state(steps[second])?);
    let (old, new) = (places(unit, old), places(unit, new));
    let mut namer = Namer::new(unit, cfg, &path);
    (0..second).for_each(|step| namer.step(step));
    let mut names = Vec::new();
    for (place, now) in new.iter().filter(|&(p, v)| old.get(p).is_some_and(|o| o != v)).take(MAX_NAMED) {
        let Some((name, register)) = named(&namer, *place) else { continue };
        let before = &old[place];
        let told = format!("{name} is {before}, then {now}");
        let writes = |at: usize| {
            let insn = &unit.code.insns()[path[at] as usize];
            register.is_some_and(|reg| Usage::of(insn, &unit.protos).writes & 1 << reg.index() != 0)
        };
        if let Some(at) = (first..second).rev().find(|&at| writes(at)) {
            error.secondary.push(Note::at(unit, path[at] as usize, format!("each time round {told}")));
        }
        names.push(told);
    }
    (!names.is_empty()).then(|| format!("the loop does not converge: {}", names.join(", ")))
}

fn named(namer: &Namer<'_>, place: Place) -> Option<(String, Option<Reg>)> {
    let quoted = |name: Option<String>| name.map_or_else(|| place.label(), |n| format!("`{n}`"));
    match place {
        Place::Reg(reg) => {
            let reg = Reg::new(reg)?;
            Some((quoted(namer.register(reg)), Some(reg)))
        }
        Place::Stack(off) => Some((quoted(namer.slot(off)), None)),
        Place::Held => None,
    }
}

/// The lines that were examined most, with their parts of the whole.
fn hot(unit: &Unit, counts: &[u64]) -> Option<String> {
    let mut lines: BTreeMap<u32, u64> = BTreeMap::new();
    for (at, count) in counts.iter().enumerate() {
        *lines.entry(unit.line_of(at)?.line).or_default() += count;
    }
    let all: u64 = lines.values().sum();
    let mut hot: Vec<(u32, u64)> = lines.into_iter().collect();
    hot.sort_by_key(|&(line, count)| (std::cmp::Reverse(count), line));
    let shown = hot.iter().take(MAX_HOT).filter(|h| h.1 * 20 >= all);
    let shown: Vec<String> =
        shown.map(|&(line, count)| format!("line {line} ({} %)", count * 100 / all.max(1))).collect();
    (!shown.is_empty()).then(|| format!("examined most: {}", shown.join(", ")))
}
