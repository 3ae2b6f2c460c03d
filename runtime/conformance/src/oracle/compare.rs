//! Objects under the oracle: verdicts of all four judges, and values of every engine and of the live kernel.

use std::collections::BTreeSet;
use std::path::Path;

use stingless::{Config, EngineKind, Error, LoadedEach, Object, from_file};
use stingless_abi::{Limits, TrapKind};
use stingless_isa::{Callee, Insn};
use stingless_object::{Env, Unit};

use super::{Row, Verdicts, Who, of_object};
use crate::programs::{Expect, Host, Outcome, Run, run_live};

/// Every engine, ready to run.
pub struct Bench {
    hosts: Vec<(EngineKind, Host)>,
    limits: Limits,
}

/// An object in every engine.
pub struct Loaded<'a> {
    bench: &'a Bench,
    /// The object.
    pub object: Object,
    engines: Vec<(EngineKind, LoadedEach)>,
}

/// Helpers whose answers differ from run to run: clocks, random numbers, the processor.
const MOODY: [u32; 8] = [5, 7, 8, 42, 118, 125, 160, 208];

impl Bench {
    /// All engines, with these limits of the verifier.
    ///
    /// # Errors
    /// Engines that cannot be had.
    pub fn new(limits: Limits) -> Result<Bench, Error> {
        let host = |kind| Ok((kind, Host::with(Config::new().engine(kind).limits(limits.clone()))?));
        let hosts = EngineKind::ALL.into_iter().map(host).collect::<Result<_, Error>>()?;
        Ok(Bench { hosts, limits })
    }

    /// Reads an object and loads what is accepted of it.
    ///
    /// # Errors
    /// It is no object, or its maps cannot be made.
    pub fn load(&self, path: &Path) -> Result<Loaded<'_>, String> {
        let object = from_file(path).map_err(|e| e.to_string())?;
        let load = |(kind, host): &(EngineKind, Host)| Ok((*kind, host.linker.load_each(&object)?));
        let engines = self.hosts.iter().map(load).collect::<Result<_, Error>>().map_err(|e| e.to_string())?;
        Ok(Loaded { bench: self, object, engines })
    }
}

/// The hook of a section.
fn hook(section: &str) -> &str {
    if section == "socket" { "socket_filter" } else { section }
}

impl Loaded<'_> {
    fn host(&self) -> &Host {
        &self.bench.hosts[0].1
    }

    /// Verdicts on a program, and its unit.
    ///
    /// # Errors
    /// It cannot be linked.
    pub fn verdicts(&self, at: usize) -> Result<(Unit, Verdicts), String> {
        let linker = &self.host().linker;
        let unit = linker.unit(&self.object, at).map_err(|e| e.to_string())?;
        let env = Env::new(linker.protos(), unit.hook.clone());
        let verdicts = of_object(&self.object, at, &env, &unit, &self.bench.limits);
        Ok((unit, verdicts))
    }

    /// Runs a program as `expect` says, everywhere; what differs, and what the live kernel gave.
    ///
    /// # Errors
    /// A trap, or a map that does not take its elements.
    pub fn values(&self, unit: &Unit, expect: &Expect, live: bool) -> Result<(Vec<String>, Vec<Outcome>), String> {
        let moody = |insn: &Insn| matches!(insn, Insn::Call(Callee::Helper(id)) if MOODY.contains(id));
        let moody = unit.code.insns().iter().any(moody);
        let used: BTreeSet<&str> = unit.maps.iter().map(|m| m.spec.name.as_str()).collect();
        let mut all: Vec<(String, Outcome)> = Vec::new();
        for ((kind, loaded), (_, host)) in self.engines.iter().zip(&self.bench.hosts) {
            let out = host.run_loaded(&loaded.collection, expect).map_err(|e| match &e {
                Error::Trap(trap) if matches!(trap.kind, TrapKind::Memory | TrapKind::Obligation | TrapKind::Fact) => {
                    format!("{}: broken: {e}", kind.key())
                }
                _ => format!("{}: {e}", kind.key()),
            })?;
            all.push((kind.key().to_owned(), only(out, &used)));
        }
        if live {
            all.push(("kernel".into(), only(run_live(self.host(), &self.object, expect)?, &used)));
        }
        let mut wrong = Vec::new();
        if let (Some((_, first)), false) = (all.first(), moody) {
            wrong.extend(
                all.iter()
                    .skip(1)
                    .flat_map(|(name, out)| differences(first, out).into_iter().map(move |d| format!("{name}: {d}"))),
            );
        }
        Ok((wrong, all.into_iter().map(|(_, out)| out).collect()))
    }

    /// Everything about every program, on packets of no particular kind.
    #[must_use]
    pub fn rows(&self, file: &str) -> Vec<Row> {
        let one = |at: usize| {
            let def = &self.object.programs()[at];
            let name = format!("{file}/{}", def.name);
            let (unit, verdicts) = match self.verdicts(at) {
                Ok(found) => found,
                Err(e) => return Row { name, verdicts: Verdicts::default(), values: vec![e], runs: 0 },
            };
            let runs: Vec<Run> = inputs().into_iter().map(|data| Run { data, ..Run::default() }).collect();
            let section = hook(&def.section);
            let hook = self.host().linker.hook_named(section).map_or(section.to_owned(), |h| h.name.to_string());
            let expect = Expect { hook, program: Some(def.name.to_string()), runs, ..Expect::default() };
            let mut row = Row { name, verdicts, values: Vec::new(), runs: 0 };
            let ok = |who| row.verdicts.of(who).is_some_and(Result::is_ok);
            if ok(Who::Untrusted) {
                match self.values(&unit, &expect, ok(Who::Root)) {
                    Ok((wrong, _)) => (row.values, row.runs) = (wrong, expect.runs.len()),
                    Err(e) => row.values = vec![e],
                }
            }
            row
        };
        (0..self.object.programs().len()).map(one).collect()
    }
}

/// The maps that a program uses.
fn only(mut out: Outcome, used: &BTreeSet<&str>) -> Outcome {
    out.maps.retain(|name, _| used.contains(name.as_str()));
    out.rings.retain(|name, _| used.contains(name.as_str()));
    out.trace.clear();
    out
}

/// Return values, packets, fields of the context that both know, maps, records.
fn differences(ours: &Outcome, other: &Outcome) -> Vec<String> {
    let mut out = Vec::new();
    for (at, (a, b)) in ours.runs.iter().zip(&other.runs).enumerate() {
        if a.r0 as u32 != b.r0 as u32 || a.data != b.data {
            out.push(format!("run {at}: {:#x} {:02x?}, first {:#x} {:02x?}", b.r0, b.data, a.r0, a.data));
        }
        let fields = b.ctx.iter().filter(|(name, value)| a.ctx.get(*name) != Some(value));
        out.extend(fields.map(|(name, value)| format!("run {at}: {name} is {value}, first {:?}", a.ctx.get(name))));
    }
    let maps = other.maps.iter().filter(|(name, value)| ours.maps.get(*name) != Some(value));
    out.extend(maps.map(|(name, value)| format!("map {name}: {value:02x?}, first {:02x?}", ours.maps.get(name))));
    if ours.rings != other.rings {
        out.push(format!("rings {:02x?}, first {:02x?}", other.rings, ours.rings));
    }
    out
}

/// Packets of no particular kind, none shorter than an Ethernet header.
fn inputs() -> Vec<Vec<u8>> {
    let text = |i: usize| (i * 7 % 251) as u8;
    let mut udp = vec![0u8; 64];
    udp[12] = 8;
    udp[14] = 0x45;
    udp[23] = 17;
    let mut tcp = udp.clone();
    (tcp[23], tcp[46]) = (6, 0x50);
    vec![vec![0; 64], vec![0xff; 60], (0..128).map(text).collect(), udp, tcp, (0..14).map(text).collect()]
}
