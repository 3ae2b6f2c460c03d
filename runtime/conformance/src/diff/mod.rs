//! Our verdicts and values against the live kernel's, on programs that neither side has seen before.

mod writer;

use std::collections::BTreeMap;
use std::time::Duration;

use stingless::abi::{ArgKind, Limits, MapKind, MapSpec, TrapKind, Trust};
use stingless::{Config, EngineKind};
use stingless_isa::{Callee, Insn, assemble, disasm};
use stingless_object::{Unit, UnitMap};
use stingless_verifier::{VerifierError, verify};

use crate::accepted::raw_program;
use crate::kernel::{Caps, KernelMap, KernelProg, TestRun, with_caps};
use crate::programs::{Host, Run, call};
use crate::random::Random;

pub use writer::program;

/// One program under comparison.
#[derive(Debug)]
pub struct Case {
    /// What it came from.
    pub name: String,
    /// Name of the hook.
    pub hook: &'static str,
    /// The unit.
    pub unit: Unit,
    /// Its listing.
    pub text: String,
}

/// What both sides say of a program.
#[derive(Debug)]
pub struct Verdicts {
    /// Our rules for untrusted plugins.
    pub untrusted: Result<(), String>,
    /// Our rules that follow Linux's for root.
    pub privileged: Result<(), String>,
    /// The live kernel without `CAP_PERFMON`.
    pub no_perfmon: Result<(), String>,
    /// The live kernel as root.
    pub root: Result<(), String>,
}

/// Both sides, ready to judge.
pub struct Judge {
    hosts: Vec<(EngineKind, Host)>,
    specs: Vec<MapSpec>,
}

impl Judge {
    /// Engines and the shapes of the maps that programs use.
    ///
    /// # Errors
    /// Engines that cannot be had.
    pub fn new() -> Result<Judge, stingless::Error> {
        let mut hosts = Vec::new();
        for kind in EngineKind::ALL {
            let deadline = Some(Duration::from_millis(5));
            hosts.push((kind, Host::with(Config::new().engine(kind).deadline(deadline))?));
        }
        let value = writer::VALUE as u32;
        let specs = vec![
            MapSpec::new("m0", MapKind::Array, 4, value, 4),
            MapSpec::new("m1", MapKind::Hash, 4, value, 8),
            MapSpec::new("m2", MapKind::Ringbuf, 0, 0, 4096),
        ];
        Ok(Judge { hosts, specs })
    }

    /// A case from assembler text; `None` where the text is no program.
    #[must_use]
    pub fn case(&self, name: &str, hook: &'static str, text: &str) -> Option<Case> {
        let code = assemble(text).ok()?;
        let linker = &self.hosts.first()?.1.linker;
        let maps = self
            .specs
            .iter()
            .enumerate()
            .map(|(at, spec)| UnitMap { spec: spec.clone(), origin: at as u32, frozen: None })
            .collect();
        let mut unit = Unit::from_code(name, code, maps, linker.protos(), linker.hook_named(hook).ok()?.clone());
        unit.gpl = true;
        Some(Case { name: name.to_owned(), hook, unit, text: text.to_owned() })
    }

    /// A case from a unit with maps of its own.
    #[must_use]
    pub fn case_of(&self, name: &str, hook: &'static str, unit: Unit) -> Case {
        let text = disasm(&unit.code);
        Case { name: name.to_owned(), hook, unit, text }
    }

    /// All four verdicts.
    ///
    /// # Panics
    /// If the kernel refuses a map, or a thread may not reduce its capabilities.
    #[must_use]
    pub fn verdicts(&self, case: &Case) -> Verdicts {
        let ours = |trust| verify(case.unit.clone(), trust, &limits()).map(drop).map_err(|e| words(&e));
        let untrusted = ours(Trust::Untrusted);
        let endless = untrusted.as_ref().is_err_and(|e| e.starts_with("budget") || e.starts_with("infinite"));
        // Linux 6.18 may look at such a program for ever.
        let hangs = case.text.contains("skb[");
        let spared = crate::oracle::spared(&case.unit);
        let kernel = |caps| {
            if endless || hangs || caps == Caps::NoPerfmon && spared {
                // It would look for the end as long, and write down every step.
                return Err("not asked".to_owned());
            }
            let maps = kernel_maps(case);
            let refs: Vec<&KernelMap> = maps.iter().collect();
            let load = || KernelProg::load_unit(&case.unit, "GPL", &refs).map(drop).map_err(|e| e.to_string());
            with_caps(caps, load).expect("threads may give up capabilities")
        };
        Verdicts {
            untrusted,
            privileged: ours(Trust::Privileged),
            no_perfmon: kernel(Caps::NoPerfmon),
            root: kernel(Caps::Full),
        }
    }

    /// Runs an accepted program on some inputs in every engine, and in the live kernel where `live`; what differs.
    ///
    /// # Panics
    /// If the kernel refuses what it accepted before.
    #[must_use]
    pub fn differences(&self, case: &Case, live: bool) -> Vec<String> {
        let mut out = Vec::new();
        if calls_any(&case.unit, &CLOCKS) {
            return out;
        }
        let inputs = inputs(&case.name);
        let engines: Vec<(EngineKind, Vec<Answer>)> =
            self.hosts.iter().map(|(kind, host)| (*kind, self.ours(case, host, &inputs))).collect();
        let Some((first, wanted)) = engines.first() else { return out };
        for (kind, found) in &engines {
            for (at, (a, b)) in wanted.iter().zip(found).enumerate() {
                let late = |x: &Answer| matches!(&x.r0, Err(trap) if trap.contains("deadline"));
                if a != b && !late(a) && !late(b) {
                    out.push(format!("input {at}: {}: {a:?}, {}: {b:?}", first.key(), kind.key()));
                }
                if matches!(&b.r0, Err(trap) if trap.contains("broken")) {
                    out.push(format!("input {at}: {}: {:?}", kind.key(), b.r0));
                }
            }
        }
        // `may_goto` may take its time, and a socket filter's test run cuts the Ethernet header off.
        let others = calls_any(&case.unit, &OF_THE_HOST) || reads_text(&case.unit);
        if live && case.hook == "xdp" && !others && !case.text.contains("may_goto") {
            out.extend(self.against_kernel(case, &inputs, wanted));
        }
        out
    }

    fn ours(&self, case: &Case, host: &Host, inputs: &[Vec<u8>]) -> Vec<Answer> {
        let raw = match raw_program(&case.unit) {
            Ok(raw) => raw,
            Err(e) => return vec![Answer::failed(&e)],
        };
        let loaded = match host.linker.load_raw(&raw) {
            Ok(loaded) => loaded,
            Err(e) => return vec![Answer::failed(&format!("broken load: {e}"))],
        };
        if let Some(refused) = loaded.refused.first() {
            return vec![Answer::failed(&format!("broken load: {}", refused.error))];
        }
        inputs
            .iter()
            .map(|data| {
                stingless_helpers_linux::seed_random(7);
                let run = Run { data: data.clone(), ..Run::default() };
                match call(&loaded.collection, case.hook, "p", &run) {
                    Ok(done) => Answer { r0: Ok(done.r0), data: done.data },
                    Err(stingless::Error::Trap(trap)) => {
                        let bug = matches!(trap.kind, TrapKind::Memory | TrapKind::Obligation | TrapKind::Fact);
                        Answer::failed(&format!("{}{trap}", if bug { "broken: " } else { "" }))
                    }
                    Err(e) => Answer::failed(&e.to_string()),
                }
            })
            .collect()
    }

    fn against_kernel(&self, case: &Case, inputs: &[Vec<u8>], ours: &[Answer]) -> Vec<String> {
        let maps = kernel_maps(case);
        let refs: Vec<&KernelMap> = maps.iter().collect();
        let Ok(prog) = KernelProg::load_unit(&case.unit, "GPL", &refs) else { return Vec::new() };
        let mut out = Vec::new();
        for (at, (data, mine)) in inputs.iter().zip(ours).enumerate() {
            // The kernel runs no test on less than an Ethernet header.
            let Ok(live) = (TestRun { data, ctx: &[] }).run(&prog) else { continue };
            if matches!(&mine.r0, Err(trap) if trap.contains("deadline")) {
                continue;
            }
            let same = mine.r0.as_ref().is_ok_and(|r0| *r0 as u32 == live.retval);
            if !same || mine.data != live.data {
                out.push(format!("input {at}: kernel {:#x}, ours {:?}", live.retval, mine.r0));
            }
        }
        out
    }
}

/// The maps of a program in the live kernel.
fn kernel_maps(case: &Case) -> Vec<KernelMap> {
    let create = |m: &UnitMap| KernelMap::create(&m.spec).unwrap_or_else(|e| panic!("{}: {e}", m.spec.name));
    case.unit.maps.iter().map(create).collect()
}

/// Helpers that give something else at each call, by number: clocks.
const CLOCKS: [u32; 5] = [5, 118, 125, 160, 208];
/// Helpers whose result is the host's: random numbers, processors (and how many there are, 195), tasks, events, redirects, routes, sockets. Metadata (54),
/// which a test run gives back as a part of the packet; and what `bpf_xdp_load_bytes` (189) leaves as it was when it fails, in
/// Linux, spilled pointers among it.
const OF_THE_HOST: [u32; 36] = [
    7, 8, 14, 15, 16, 22, 23, 25, 27, 34, 35, 42, 46, 47, 51, 54, 55, 69, 79, 80, 83, 84, 85, 99, 109, 117, 120, 122,
    123, 152, 163, 176, 189, 195, 204, 205,
];

/// Whether a program reads text up to a NUL: Linux finds one behind what is proved to be there, where we find a fault.
fn reads_text(unit: &Unit) -> bool {
    let is_text =
        |id| unit.protos.get(id).is_some_and(|p| p.args.iter().any(|a| matches!(a.kind, ArgKind::Text { .. })));
    unit.code.insns().iter().any(|insn| matches!(insn, Insn::Call(Callee::Helper(id)) if is_text(*id)))
}

/// Whether a program calls one of these helpers.
fn calls_any(unit: &Unit, helpers: &[u32]) -> bool {
    unit.code.insns().iter().any(|insn| matches!(insn, Insn::Call(Callee::Helper(id)) if helpers.contains(id)))
}

/// What one run gave.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Answer {
    r0: Result<u64, String>,
    data: Vec<u8>,
}

impl Answer {
    fn failed(why: &str) -> Answer {
        Answer { r0: Err(why.to_owned()), data: Vec::new() }
    }
}

/// Small budgets: what is accepted is accepted soon.
fn limits() -> Limits {
    Limits { examined_insns: 50_000, work: 500_000, ..Limits::default() }
}

fn words(error: &VerifierError) -> String {
    format!("{}: {error}", error.kind)
}

/// Packets for a program: small numbers, zeros, ones, anything.
fn inputs(name: &str) -> Vec<Vec<u8>> {
    let mut random = Random::new(name.bytes().fold(1u64, |n, b| n.wrapping_mul(31).wrapping_add(b.into())));
    (0..6u64)
        .map(|kind| {
            let len = [64, 14, 22, 40, 64, 100][kind as usize];
            let byte = |random: &mut Random| match kind {
                0 => 0,
                1 => 0xff,
                2 | 3 => (random.bits() % 64) as u8,
                _ => random.bits() as u8,
            };
            (0..len).map(|_| byte(&mut random)).collect()
        })
        .collect()
}

/// A message without its numbers, registers and names: the class of a complaint.
#[must_use]
pub fn class(message: &str) -> String {
    let mut out = String::new();
    let message = message.split_once("`: ").map_or(message, |(_, rest)| rest);
    for c in message.chars() {
        let c = if c.is_ascii_digit() { 'N' } else { c };
        if !(c == 'N' && out.ends_with('N')) {
            out.push(c);
        }
    }
    out.truncate(110);
    out
}

/// Counts with one example each.
pub type Table = BTreeMap<String, (usize, String)>;

/// Adds a row to a table.
pub fn count(table: &mut Table, row: String, example: &str) {
    table.entry(row).or_insert_with(|| (0, example.to_owned())).0 += 1;
}
