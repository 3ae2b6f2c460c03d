//! The test of the tests: each fault that a build with `seeded-bugs` knows is switched on, and something must notice. Faults
//! are modelled on published and fixed bugs of Linux's verifier (`faults.rs` of the verifier).

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::time::Duration;

use stingless::abi::{Limits, Trust};
use stingless::{Config, EngineKind, from_file};
use stingless_conformance::accepted::{Body, bodies, call_of, check, mutant, opcode, opcodes};
use stingless_conformance::oracle::Side;
use stingless_conformance::programs::{Host, Program, dir};
use stingless_conformance::random::Random;
use stingless_conformance::rules::{Rule, all};
use stingless_conformance::{cases, diff, fragments};
use stingless_isa::{AluOp, Cond, UnaryOp, Width, assemble};
use stingless_object::{Unit, UnitMap};
use stingless_verifier::domain::Scalar;
use stingless_verifier::faults::{FAULTS, seed};
use stingless_verifier::verify;

fn soak() -> bool {
    std::env::var("STINGLESS_SOAK").is_ok_and(|on| on == "1")
}

fn limits() -> Limits {
    Limits { examined_insns: 50_000, work: 300_000, ..Limits::default() }
}

/// What the verifier says.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Verdict {
    Accepted,
    Refused,
    /// It is at odds with itself, and notices.
    Bug,
}

/// What looks for faults.
struct Tests {
    host: Host,
    rules: Vec<(Rule, [Unit; 2])>,
    cases: Vec<(String, Unit)>,
    bodies: Vec<Body>,
    bad: Vec<(String, Unit)>,
}

/// The programs of these objects: also those with references that nothing resolved.
fn refused(host: &Host, names: &[String]) -> Vec<(String, Unit)> {
    let mut all = Vec::new();
    for name in names {
        let object = from_file(dir().join(format!("{name}.bpf.o"))).unwrap();
        let units = (0..object.programs().len()).filter_map(|at| host.linker.unit(&object, at).ok());
        all.extend(units.enumerate().map(|(at, unit)| (format!("{name}:{at}"), unit)));
    }
    all
}

impl Tests {
    fn new() -> Tests {
        let config = Config::new().engine(EngineKind::Checked).deadline(Some(Duration::from_millis(5)));
        let host = Host::with(config).unwrap();
        let units =
            |rule: &Rule| Some([rule.unit(&host.linker, Side::Ok).ok()?, rule.unit(&host.linker, Side::Bad).ok()?]);
        let rules = all().unwrap().into_iter().filter_map(|rule| units(&rule).map(|u| (rule, u))).collect();
        let cases = cases::all().into_iter().map(|case| (case.name.clone(), case.unit(&host))).collect();
        let bodies = bodies(&host).unwrap();
        let refused_names: Vec<String> =
            Program::all().unwrap().into_iter().filter(|p| p.name.starts_with("bad_")).map(|p| p.name).collect();
        let bad = refused(&host, &refused_names);
        Tests { host, rules, cases, bodies, bad }
    }

    /// Verdicts of rules from both sides, of cases, and of the bad programs of the corpus.
    fn verdicts(&self) -> Vec<(String, Verdict)> {
        let judged = |unit: &Unit, trust| match verify(unit.clone(), trust, &limits()) {
            Ok(_) => Verdict::Accepted,
            Err(e) if e.is_bug() => Verdict::Bug,
            Err(_) => Verdict::Refused,
        };
        let mut out = Vec::new();
        for (rule, units) in &self.rules {
            for (unit, side) in units.iter().zip(["keeps it", "breaks it"]) {
                out.push((format!("rule {}, {side}", rule.name), judged(unit, Trust::Untrusted)));
                out.push((format!("rule {} for root, {side}", rule.name), judged(unit, Trust::Privileged)));
            }
        }
        for (name, unit) in &self.cases {
            out.push((format!("case `{name}`"), judged(unit, Trust::Untrusted)));
            out.push((format!("case `{name}` for root"), judged(unit, Trust::Privileged)));
        }
        for (name, unit) in &self.bad {
            out.push((format!("corpus {name}"), judged(unit, Trust::Untrusted)));
        }
        out
    }

    /// A generated program that is accepted and breaks a promise.
    fn generated(&self, count: u64) -> Option<String> {
        let broken = |unit: Unit, seed: u64, what: &str| {
            let e = match verify(unit, Trust::Untrusted, &limits()) {
                Ok(verified) => check(&self.host, verified.unit(), seed).err()?,
                Err(e) if e.is_bug() => e.to_string(),
                Err(_) => return None,
            };
            let e = e.lines().next().unwrap_or_default().to_owned();
            Some(format!("{what}, seed {seed}: {e}"))
        };
        for seed in 0..count {
            let mutated = mutant(&self.bodies, seed).and_then(|(_, unit)| broken(unit, seed, "mutated clang output"));
            if mutated.is_some() {
                return mutated;
            }
            for (text, what) in [(fragments::text(seed, 24), "fragments"), (diff::program(seed, true), "writer")] {
                let found = self.unit(&text, "xdp").and_then(|unit| broken(unit, seed, what));
                if found.is_some() {
                    return found;
                }
            }
            let n = seed % opcodes();
            let (hook, code) = opcode(n, seed / opcodes());
            let found = self.unit_of(code, hook).and_then(|unit| broken(unit, seed, "opcodes by pointer"));
            if found.is_some() {
                return found;
            }
        }
        for proto in self.host.linker.protos().iter() {
            let mut random = Random::new(proto.id.into());
            for turn in 0..12 {
                let Some(call) = call_of(proto, false, turn, &mut random).filter(|c| c.map.is_none()) else { continue };
                let found = self.unit(&call.text, "xdp").and_then(|u| broken(u, proto.id.into(), "calls by prototype"));
                if found.is_some() {
                    return found;
                }
            }
        }
        None
    }

    fn unit(&self, text: &str, hook: &str) -> Option<Unit> {
        self.unit_of(assemble(text).ok()?, hook)
    }

    fn unit_of(&self, code: stingless_isa::Code, hook: &str) -> Option<Unit> {
        let maps = fragments::maps().into_iter().enumerate();
        let maps = maps.map(|(at, m)| UnitMap { spec: m.spec, origin: at as u32, frozen: None }).collect();
        let linker = &self.host.linker;
        let mut unit = Unit::from_code("p", code, maps, linker.protos(), linker.hook_named(hook).ok()?.clone());
        unit.gpl = true;
        Some(unit)
    }
}

/// A number and one of its members, of a shape that matters.
fn number(random: &mut Random) -> (Scalar, u64) {
    let (a, b) = (random.constant(), random.constant());
    let num = match random.below(6) {
        0 => Scalar::constant(a),
        1 => Scalar::from_range(a.min(b), a.max(b)),
        2 => Scalar::from_signed_range((a as i64).min(b as i64), (a as i64).max(b as i64)),
        3 => Scalar::from_range(0, random.below(70)),
        4 => Scalar::alu(AluOp::And, Width::W64, Scalar::unknown(), Scalar::constant(a)),
        _ => Scalar::alu(AluOp::Or, Width::W64, Scalar::from_range(0, 255), Scalar::constant(a & 0xffff_ff00)),
    };
    let inside = [num.umin(), num.umax(), num.arc().base(), num.arc().end(), num.tnum().value()];
    let member = [random.pick(&inside), num.arc().base().wrapping_add(random.below(9)), random.constant()];
    let found = member.into_iter().rev().find(|&x| num.contains(x));
    (num, found.unwrap_or(num.arc().base()))
}

/// A result of members that the abstract result does not have.
fn members(count: u64) -> Option<String> {
    let mut random = Random::new(1);
    for _ in 0..count {
        let ((a, x), (b, y)) = (number(&mut random), number(&mut random));
        let width = random.pick(&[Width::W32, Width::W64]);
        for op in AluOp::ALL {
            let (found, want) = (Scalar::alu(op, width, a, b), op.eval(width, x, y));
            if !found.contains(want) {
                return Some(format!("members of {a:?} {op:?} {width:?} {b:?}: {want:#x} is not in {found:?}"));
            }
        }
        for op in UnaryOp::ALL {
            if !Scalar::unary(op, width, a).contains(op.eval(width, x)) {
                return Some(format!("members of {op:?} {width:?} {a:?}"));
            }
        }
        for cond in Cond::ALL {
            let split = Scalar::branch(cond, width, a, b);
            let way = if cond.eval(width, x, y) { split.taken } else { split.fallthrough };
            if !way.is_some_and(|(p, q)| p.contains(x) && q.contains(y)) {
                return Some(format!("members of {a:?} {cond:?} {width:?} {b:?}: {x:#x} and {y:#x} are lost"));
            }
        }
    }
    None
}

/// What notices the fault that is switched on.
fn noticed(tests: &Tests, right: &[(String, Verdict)], generated: u64) -> Vec<String> {
    let now = tests.verdicts();
    let rules: Vec<String> = now.into_iter().zip(right).filter(|(a, b)| a != *b).map(|(a, _)| a.0).collect();
    let in_members = members(2_000);
    // All generators for each fault in the soak; here only where nothing else noticed.
    let rest = rules.is_empty() && in_members.is_none();
    let found = if rest || soak() { tests.generated(generated) } else { None };
    let first = rules.first().map(|r| format!("{r} (and {} more)", rules.len() - 1));
    first.into_iter().chain(in_members).chain(found).collect()
}

#[test]
fn every_seeded_fault_is_caught() {
    let tests = Tests::new();
    seed(0);
    let right = tests.verdicts();
    let generated = if soak() { 20_000 } else { 250 };
    assert_eq!(members(2_000), None, "without a fault");
    assert_eq!(tests.generated(if soak() { 2_000 } else { 60 }), None, "without a fault");
    let (mut caught, mut missed) = (0, Vec::new());
    // `STINGLESS_FAULT=50` looks at the faults from that one on.
    let first = std::env::var("STINGLESS_FAULT").ok().and_then(|n| n.parse().ok()).unwrap_or(0);
    for fault in FAULTS.iter().filter(|f| f.number >= first) {
        seed(fault.number);
        // A fault may also make an invariant of the code fail.
        let by = catch_unwind(AssertUnwindSafe(|| noticed(&tests, &right, generated)));
        let by = by.unwrap_or_else(|_| vec!["a panic".to_owned()]);
        seed(0);
        println!("{:2} {}: {}", fault.number, fault.model, fault.broken);
        by.iter().for_each(|b| println!("     {b}"));
        if by.is_empty() {
            println!("     MISSED");
            missed.push(fault.number);
        } else {
            caught += 1;
        }
    }
    println!("{caught} faults are caught; missed: {missed:?}");
    assert!(FAULTS.len() >= 120 && missed.is_empty(), "missed: {missed:?}");
}
