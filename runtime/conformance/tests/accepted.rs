//! Generated programs, at least half of them mutants of what clang made: what is accepted breaks no obligation and no fact
//! in the checked interpreter, on any input; and the generators reach every opcode on every kind of pointer, and every helper.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use stingless::abi::{Limits, Proto, Trust};
use stingless::{Config, EngineKind};
use stingless_conformance::accepted::{
    Body, Call, Cell, Coverage, Triple, access_cell, access_then, accesses_of, bodies, call_of, check, impossible,
    impossible_with, mutant, opcode, opcodes, raw_program, universe,
};
use stingless_conformance::programs::Host;
use stingless_conformance::random::Random;
use stingless_conformance::{diff, fragments};
use stingless_isa::{Code, assemble, disasm};
use stingless_object::{Unit, UnitMap};
use stingless_verifier::verify;

fn soak() -> bool {
    std::env::var("STINGLESS_SOAK").is_ok_and(|on| on == "1")
}

fn number(name: &str, default: u64) -> u64 {
    std::env::var(name).ok().and_then(|v| v.parse().ok()).unwrap_or(default)
}

/// Small budgets: what is accepted is accepted soon.
fn limits() -> Limits {
    Limits { examined_insns: 50_000, work: 300_000, ..Limits::default() }
}

fn host() -> Host {
    Host::with(Config::new().engine(EngineKind::Checked).deadline(Some(Duration::from_millis(5)))).unwrap()
}

/// Counts of one generator.
#[derive(Default)]
struct Counts {
    programs: u64,
    accepted: u64,
    runs: u64,
    refused: BTreeMap<String, u64>,
}

/// A helper that can be called by what its prototype says.
struct Called {
    proto: Arc<Proto>,
    /// In `tc`, not in `xdp`.
    tc: bool,
    /// A call that is accepted.
    fits: Option<Call>,
}

/// The map that a call wants beside those of `fragments`.
fn other_map(call: &Call) -> Option<UnitMap> {
    call.map.clone().map(|spec| UnitMap { spec, origin: 3, frozen: None })
}

struct Tester {
    host: Host,
    counts: BTreeMap<&'static str, Counts>,
    coverage: Coverage,
}

impl Tester {
    fn judge(&mut self, generator: &'static str, unit: Unit, seed: u64) -> bool {
        let counts = self.counts.entry(generator).or_default();
        counts.programs += 1;
        let listing = disasm(&unit.code);
        match verify(unit, Trust::Untrusted, &limits()) {
            Ok(verified) => {
                counts.accepted += 1;
                let ran = check(&self.host, verified.unit(), seed);
                counts.runs += ran.unwrap_or_else(|e| panic!("{e}: seed {seed} of {generator}\n{listing}"));
                self.coverage.add(&verified);
                true
            }
            Err(e) => {
                assert!(!e.is_bug(), "seed {seed}: {e}\n{listing}");
                *counts.refused.entry(e.kind.to_owned()).or_default() += 1;
                false
            }
        }
    }

    /// A unit of text with the maps of `fragments`.
    fn unit(&self, text: &str, hook: &str) -> Option<Unit> {
        self.unit_of(assemble(text).ok()?, hook)
    }

    fn unit_of(&self, code: Code, hook: &str) -> Option<Unit> {
        let maps = fragments::maps().into_iter().enumerate();
        let maps = maps.map(|(at, m)| UnitMap { spec: m.spec, origin: at as u32, frozen: None }).collect();
        let linker = &self.host.linker;
        let mut unit = Unit::from_code("p", code, maps, linker.protos(), linker.hook_named(hook).ok()?.clone());
        unit.gpl = true;
        Some(unit)
    }

    fn mutants(&mut self, bodies: &[Body], seeds: std::ops::Range<u64>) {
        for seed in seeds {
            if let Some((_, unit)) = mutant(bodies, seed) {
                self.judge("mutated clang output", unit, seed);
            }
        }
    }

    fn texts(&mut self, seeds: std::ops::Range<u64>) {
        for seed in seeds {
            let text = if seed % 2 == 0 { fragments::text(seed, 24) } else { diff::program(seed, true) };
            if let Some(unit) = self.unit(&text, "xdp") {
                self.judge("fragments", unit, seed);
            }
        }
    }

    /// Every opcode on every kind of pointer.
    fn opcodes(&mut self, rounds: u64) {
        for n in 0..opcodes() {
            for round in 0..rounds {
                let (hook, code) = opcode(n, round);
                // What has no encoding is no program.
                if let Some(unit) = self.unit_of(code, hook).filter(|u| raw_program(u).is_ok()) {
                    self.judge("opcodes by pointer", unit, round << 32 | n);
                }
            }
        }
    }

    /// Every helper that can be called by what its prototype says; gives those.
    fn calls(&mut self, rounds: u64) -> Vec<Called> {
        let mut called = Vec::new();
        for proto in self.host.linker.protos().iter() {
            let linker = &self.host.linker;
            let hook = ["xdp", "tc"].into_iter().find(|h| linker.hook_named(h).is_ok_and(|h| h.helpers.has(proto.id)));
            let Some(hook) = hook else { continue };
            let mut random = Random::new(proto.id.into());
            let calls: Vec<Call> = (0..rounds).filter_map(|n| call_of(proto, hook == "tc", n, &mut random)).collect();
            let (mut fits, tried) = (None, !calls.is_empty());
            for call in calls {
                let Some(mut unit) = self.unit(&call.text, hook) else { panic!("{}", call.text) };
                unit.maps.extend(other_map(&call));
                if self.judge("calls by prototype", unit, proto.id.into()) {
                    call.given.iter().for_each(|to| self.coverage.argument(proto, to));
                    fits = Some(call);
                }
            }
            if tried {
                called.push(Called { proto: proto.clone(), tc: hook == "tc", fits });
            }
        }
        called
    }

    /// Every access of every kind of pointer before a call of every helper; in short, one access of each kind. Cells that
    /// stay empty.
    fn triples(&mut self, called: &[Called]) -> Vec<Triple> {
        let mut empty = Vec::new();
        for (index, one) in called.iter().enumerate() {
            let Some(call) = &one.fits else { continue };
            let rest =
                call.text.replacen("r6 = r1\n", "", 1).replace("goto out", "goto over").replace("\nout:", "\nover:");
            let mut turns: BTreeMap<&str, usize> = BTreeMap::new();
            for (insn, pointer) in accesses_of(one.tc) {
                let cell = access_cell(&insn, pointer).filter(|cell| impossible(cell).is_none());
                let Some((what, on)) = cell else { continue };
                let triple = (what, on, one.proto.name.to_string());
                let turn = turns.entry(on).or_default();
                *turn += 1;
                let skipped = !soak() && *turn % 32 != 1 + index % 8;
                if skipped || self.coverage.has(&triple) || impossible_with(&triple, one.tc).is_some() {
                    continue;
                }
                for seed in [1 + index as u64, 0] {
                    let code = access_then((insn, pointer), one.tc, &rest, seed);
                    let Some(mut unit) = self.unit_of(code, if one.tc { "tc" } else { "xdp" }) else { continue };
                    unit.maps.extend(other_map(call));
                    if raw_program(&unit).is_err() || self.judge("opcodes by pointer and helper", unit, seed) {
                        break;
                    }
                }
                if !self.coverage.has(&triple) {
                    empty.push(triple);
                }
            }
        }
        empty
    }

    fn print(&self) {
        for (name, c) in &self.counts {
            println!(
                "{name}: {} programs, {} accepted ({} %), {} runs; refused: {:?}",
                c.programs,
                c.accepted,
                c.accepted * 100 / c.programs.max(1),
                c.runs,
                c.refused
            );
        }
        println!("coverage of accepted programs ({} cells):", self.coverage.filled());
        self.coverage.lines().iter().for_each(|line| println!("  {line}"));
    }
}

#[test]
fn accepted_programs_hold_and_generators_reach_everything() {
    let host = host();
    let bodies = bodies(&host).unwrap();
    assert!(bodies.len() >= 60, "{} programs to start from", bodies.len());
    let first = number("STINGLESS_SEED", 0);
    let count = number("STINGLESS_COUNT", if soak() { 1_000_000 } else { 5_000 });
    let mut tester = Tester { host, counts: BTreeMap::new(), coverage: Coverage::default() };
    tester.texts(first..first + count / 4);
    let called = tester.calls(15);
    tester.opcodes(3);
    let alone = tester.triples(&called);
    // However many helpers there are: more than half are mutants.
    let others: u64 = tester.counts.values().map(|c| c.programs).sum();
    tester.mutants(&bodies, first..first + (count * 3 / 4).max(others + others / 10));
    tester.print();
    let all: u64 = tester.counts.values().map(|c| c.programs).sum();
    let runs: u64 = tester.counts.values().map(|c| c.runs).sum();
    println!("{all} programs, {runs} runs, seeds from {first}");
    let mutated = tester.counts["mutated clang output"].programs;
    assert!(mutated * 2 >= all, "{mutated} of {all} programs start from what clang made");
    for (name, c) in &tester.counts {
        let percent = c.accepted * 100 / c.programs.max(1);
        assert!((30..=90).contains(&percent), "{name}: {percent} % are accepted");
    }
    let empty: Vec<Cell> = tester.coverage.empty(&universe(called.iter().map(|c| &*c.proto)));
    assert!(empty.is_empty(), "{} cells are empty: {empty:?}", empty.len());
    let (triples, pairs) = tester.coverage.triples();
    println!("{triples} cells of opcode, pointer and helper, {pairs} of pointer and helper");
    assert!(alone.is_empty(), "{} cells of opcode, pointer and helper are empty: {alone:?}", alone.len());
    // Of the kinds of pointers, six; of the helpers, those of which a call is accepted.
    let fits = called.iter().filter(|c| c.fits.is_some()).count();
    assert!(pairs >= 6 * fits, "{pairs} cells of pointer and helper are filled, {fits} helpers are called");
}
