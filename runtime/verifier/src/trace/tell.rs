//! From the log of an exploration to what is shown of it.

use std::collections::BTreeMap;

use stingless_isa::{Reg, disasm_insn};
use stingless_object::Unit;

use super::pick::{Picked, pick, wanted};
use super::words::{Place, places};
use super::{
    Ended, Log, PathEnd, Trace, TraceBlock, TraceChange, TraceEdge, TraceFunction, TraceInsn, TracePath, TraceStep,
};
use crate::cfg::Cfg;
use crate::error::VerifierError;
use crate::facts::Stats;
use crate::report::Namer;

/// Longest path whose values are named: naming walks it from its beginning.
const MAX_NAMED: usize = 50_000;

/// Tells an exploration; `again` runs it once more with a log that keeps states.
pub(crate) fn tell(
    unit: &Unit,
    cfg: Option<&Cfg>,
    log: &Log,
    stats: Stats,
    error: Option<Box<VerifierError>>,
    again: impl FnOnce(Log) -> Log,
) -> Trace {
    let picked = pick(log);
    let kept = again(Log::keeping(wanted(&picked)));
    let (blocks, edges) = cfg.map(|cfg| graph(unit, cfg, log)).unwrap_or_default();
    Trace {
        program: unit.name.clone(),
        section: unit.section.clone(),
        hook: unit.hook.name.to_string(),
        insns: insns(unit, log),
        functions: functions(unit),
        blocks,
        edges,
        paths: picked.iter().map(|p| path(unit, cfg, &kept, p)).collect(),
        walked: log.ends().len() as u64,
        stats,
        refinements: Vec::new(),
        error,
    }
}

fn functions(unit: &Unit) -> Vec<TraceFunction> {
    let name = |at: usize| unit.funcs.get(at).map(|f| f.name.clone()).unwrap_or_default();
    let subprogs = unit.code.subprogs().iter().enumerate();
    subprogs.map(|(at, s)| TraceFunction { name: name(at), start: s.start, end: s.end }).collect()
}

fn insns(unit: &Unit, log: &Log) -> Vec<TraceInsn> {
    let insn = |at: usize| {
        let line = unit.line_of(at);
        TraceInsn {
            slot: unit.code.slot_of(at),
            text: disasm_insn(&unit.code, at),
            file: line.map(|l| l.file.clone()),
            line: line.map(|l| l.line),
            source: line.map(|l| l.text.clone()),
            explored: 0,
            pruned: 0,
        }
    };
    let mut out: Vec<TraceInsn> = (0..unit.code.len()).map(insn).collect();
    for &(at, _) in log.steps() {
        out[at as usize].explored += 1;
    }
    for &(_, ended) in log.ends() {
        if let Ended::Covered(at) = ended {
            out[at as usize].pruned += 1;
        }
    }
    out
}

/// Blocks, and edges with how often each was walked.
fn graph(unit: &Unit, cfg: &Cfg, log: &Log) -> (Vec<TraceBlock>, Vec<TraceEdge>) {
    let mut walked: BTreeMap<(u32, u32), u64> = BTreeMap::new();
    let mut walk = |from: u32, to: u32| {
        if let Some(&(insn, _)) = log.steps().get(from as usize) {
            *walked.entry((insn, to)).or_default() += 1;
        }
    };
    for &(insn, before) in log.steps() {
        walk(before, insn);
    }
    for &(step, ended) in log.ends() {
        if let Ended::Covered(at) = ended {
            walk(step, at);
        }
    }
    let mut edges = Vec::new();
    let mut blocks = Vec::new();
    for (index, block) in cfg.blocks().iter().enumerate() {
        let last = block.end - 1;
        blocks.push(TraceBlock {
            start: block.start,
            end: block.end,
            function: block.subprog,
            in_loop: cfg.loop_of(block.start as usize),
        });
        let succs = cfg.succs(unit, last as usize);
        let both = [(succs.fall, false), (succs.taken, true)];
        for (to, jumps) in both.into_iter().filter_map(|(to, jumps)| Some((to?, jumps))) {
            let back = cfg.is_back_edge(last as usize, jumps);
            let walked = edge_walked(cfg, &walked, last, to);
            edges.push(TraceEdge { from: index as u32, to: cfg.block_of(to as usize) as u32, jumps, back, walked });
        }
    }
    (blocks, edges)
}

/// How often a path went from the end of a block to another's beginning. After a call of a function the way leads through
/// the function: there the arrival counts.
fn edge_walked(cfg: &Cfg, walked: &BTreeMap<(u32, u32), u64>, last: u32, to: u32) -> u64 {
    match walked.get(&(last, to)) {
        Some(&n) => n,
        None if walked.range((last, 0)..=(last, u32::MAX)).any(|(&(_, t), _)| !same_subprog(cfg, last, t)) => {
            walked.iter().filter(|((_, t), _)| *t == to).map(|(_, n)| n).sum()
        }
        None => 0,
    }
}

fn same_subprog(cfg: &Cfg, a: u32, b: u32) -> bool {
    cfg.blocks()[cfg.block_of(a as usize)].subprog == cfg.blocks()[cfg.block_of(b as usize)].subprog
}

fn path(unit: &Unit, cfg: Option<&Cfg>, log: &Log, picked: &Picked) -> TracePath {
    let insns: Vec<u32> = picked.steps.iter().map(|&s| log.steps().get(s as usize).map_or(0, |s| s.0)).collect();
    let mut namer = cfg.filter(|_| insns.len() <= MAX_NAMED).map(|cfg| Namer::new(unit, cfg, &insns));
    let mut steps = Vec::new();
    let mut before = (0, BTreeMap::new());
    for (at, &insn) in insns.iter().enumerate() {
        let kept = at < picked.head || at >= picked.tail;
        if let Some(state) = log.state(picked.steps[at]).filter(|_| kept) {
            let now = (state.depth() as u32 - 1, places(unit, state));
            let changes = changes(&before, &now, namer.as_ref());
            steps.push(TraceStep { insn, depth: now.0, changes });
            before = now;
        }
        if let Some(namer) = &mut namer {
            namer.step(at);
        }
    }
    let end = match picked.ended {
        Ended::Failed => PathEnd::Failed,
        Ended::Returned => PathEnd::Returned,
        Ended::Dead => PathEnd::Dead,
        Ended::Covered(at) => PathEnd::Covered(at),
    };
    let missing = (picked.tail - picked.head) as u64;
    TracePath { end, steps, left_out: (missing > 0).then_some((missing, picked.head)) }
}

type Known = (u32, BTreeMap<Place, String>);

fn changes(before: &Known, now: &Known, namer: Option<&Namer<'_>>) -> Vec<TraceChange> {
    let gone = before.1.keys().filter(|p| !now.1.contains_key(p));
    let mut out: Vec<TraceChange> = gone.map(|p| TraceChange { place: p.label(), name: None, value: None }).collect();
    for (place, value) in &now.1 {
        if before.0 == now.0 && before.1.get(place) == Some(value) {
            continue;
        }
        let name = namer.and_then(|n| match *place {
            Place::Reg(reg) => Reg::new(reg).and_then(|reg| n.register(reg)),
            Place::Stack(off) => n.slot(off),
            Place::Held => None,
        });
        out.push(TraceChange { place: place.label(), name, value: Some(value.clone()) });
    }
    out
}
