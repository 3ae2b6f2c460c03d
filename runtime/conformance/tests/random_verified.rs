//! Random programs as clang writes them: what the verifier accepts breaks no obligation and no fact in the checked
//! interpreter, on any packet, and is the same in every engine and in the live kernel.

use std::collections::BTreeMap;

use stingless::abi::{MapKind, Trust};
use stingless::{Config, EngineKind};
use stingless_conformance::fragments;
use stingless_conformance::kernel::{KernelMap, KernelProg, TestRun, available};
use stingless_conformance::programs::{Host, Outcome, Run, RunOut, call, contents};
use stingless_conformance::random::Random;
use stingless_object::{RawMap, RawSpec};

/// Every `WRONG`th chance to be wrong is taken.
const WRONG: u64 = 24;

fn count(slice: u64, soak: u64) -> u64 {
    if std::env::var("STINGLESS_SOAK").is_ok_and(|on| on == "1") { soak } else { slice }
}

fn packets(seed: u64) -> Vec<Run> {
    let mut random = Random::new(!seed);
    let lengths = [64, 14 + random.below(50) as usize, 14];
    let packet = |len| Run { data: (0..len).map(|_| random.bits() as u8).collect(), ..Run::default() };
    lengths.map(packet).into()
}

/// Values and what is left in the maps, or why it was refused.
fn run(host: &Host, seed: u64) -> Result<(Vec<RunOut>, Outcome), String> {
    run_with(host, seed, &packets(seed))
}

fn run_with(host: &Host, seed: u64, packets: &[Run]) -> Result<(Vec<RunOut>, Outcome), String> {
    let program = fragments::program(seed, WRONG).unwrap_or_else(|err| panic!("{err}"));
    let loaded = host.linker.load_raw(&program).unwrap_or_else(|err| panic!("seed {seed}: {err}"));
    if let Some(refused) = loaded.refused.first() {
        let report = refused.error.report().unwrap_or_else(|| panic!("seed {seed}: {}", refused.error));
        assert!(!report.is_bug(), "seed {seed}: {report}\n{}", fragments::text(seed, WRONG));
        return Err(report.kind.to_owned());
    }
    let one = |run: &Run| {
        let out = call(&loaded.collection, "xdp", "random", run);
        out.unwrap_or_else(|err| panic!("seed {seed}: {err}\n{}", fragments::text(seed, WRONG)))
    };
    let outs = packets.iter().map(one).collect();
    Ok((outs, contents(&loaded.collection).unwrap_or_else(|err| panic!("seed {seed}: {err}"))))
}

fn hosts() -> Vec<Host> {
    // A trap is a failure here, so nothing may be too slow.
    EngineKind::ALL.map(|kind| Host::with(Config::new().engine(kind).deadline(None)).unwrap()).into()
}

#[test]
fn what_is_accepted_holds_and_is_the_same_in_every_engine() {
    let hosts = hosts();
    let (count, mut accepted) = (count(2_000, 1_000_000), 0);
    let mut refused: BTreeMap<String, u64> = BTreeMap::new();
    for seed in 0..count {
        let answers: Vec<_> = hosts.iter().map(|host| run(host, seed)).collect();
        for (answer, kind) in answers.iter().zip(EngineKind::ALL) {
            assert!(
                *answer == answers[0],
                "seed {seed} in {}: {answer:x?}, want {:x?}\n{}",
                kind.key(),
                answers[0],
                fragments::text(seed, WRONG)
            );
        }
        match &answers[0] {
            Ok(_) => accepted += 1,
            Err(kind) => *refused.entry(kind.clone()).or_default() += 1,
        }
    }
    println!("{count} programs (seeds 0..{count}), {accepted} accepted ({}%), {refused:?}", accepted * 100 / count);
    assert!(accepted * 10 > count * 4, "too few are accepted: {accepted} of {count}");
    assert!(refused.len() > 5, "too few mistakes are made: {refused:?}");
}

/// Programs that are right are accepted: not one is refused without need.
#[test]
fn what_is_right_is_accepted() {
    let host = Host::new(EngineKind::Interp).unwrap();
    let count = count(500, 100_000);
    for seed in 0..count {
        let program = fragments::program(seed, 0).unwrap_or_else(|err| panic!("{err}"));
        let loaded = host.linker.load_raw(&program).unwrap_or_else(|err| panic!("seed {seed}: {err}"));
        let refused = loaded.refused.first().map(|r| r.error.to_string());
        assert!(refused.is_none(), "seed {seed}: {refused:?}\n{}", fragments::text(seed, 0));
    }
    println!("{count} right programs accepted");
}

/// The live kernel's answer, with everything it may: values and maps, or the last line of its log.
fn live(host: &Host, seed: u64) -> Result<(Vec<RunOut>, Outcome), String> {
    let program = fragments::program(seed, WRONG).unwrap_or_else(|err| panic!("{err}"));
    let maps: Vec<KernelMap> = program.maps.iter().map(|m| KernelMap::create(&m.spec).unwrap()).collect();
    let spec = RawSpec {
        name: program.name.clone(),
        insns: program.insns.clone(),
        maps: program.maps.iter().map(|m| RawMap { spec: m.spec.clone(), frozen: None }).collect(),
        btf: None,
        func_info: vec![],
        hook: host.linker.hook_named("xdp").unwrap().clone(),
        protos: host.linker.protos(),
        gpl: true,
    };
    let unit = spec.link().unwrap_or_else(|err| panic!("seed {seed}: {err}"));
    let loaded = KernelProg::load_unit(&unit, "GPL", &maps.iter().collect::<Vec<_>>()).map_err(|e| e.to_string())?;
    let one = |run: &Run| {
        let out = TestRun { data: &run.data, ctx: &[] }.run(&loaded).unwrap_or_else(|err| panic!("seed {seed}: {err}"));
        RunOut { r0: out.retval.into(), data: out.data, ctx: BTreeMap::new() }
    };
    let outs = packets(seed).iter().map(one).collect();
    let mut left = Outcome::default();
    for map in &maps {
        let name = map.spec().name.clone();
        if map.spec().kind == MapKind::Ringbuf {
            left.rings.insert(name, map.take_records().unwrap());
        } else {
            let mut all = map.entries().unwrap();
            all.sort();
            left.maps.insert(name, all);
        }
    }
    Ok((outs, left))
}

/// Verdict and value as in the live kernel. It has all capabilities and so accepts leaks and unset stack: our profile is
/// that of a trusted loader here. What only that one accepts has no value to compare: addresses, old stack.
#[test]
fn the_live_kernel_agrees_on_random_programs() {
    if !available() {
        return;
    }
    let host = Host::with(Config::new().trust(Trust::Privileged).deadline(None)).unwrap();
    let checked = Config::new().engine(EngineKind::Checked).trust(Trust::Privileged).deadline(None);
    let checked = &Host::with(checked).unwrap();
    let strict_host = Host::with(Config::new().deadline(None)).unwrap();
    let count = count(400, 100_000);
    let (mut both, mut neither, mut strict, mut lax) = (0u64, 0u64, Vec::new(), Vec::new());
    for seed in 0..count {
        match (run(&host, seed), live(&host, seed)) {
            (Ok((ours, left)), Ok((theirs, kept))) => {
                both += 1;
                if run(&strict_host, seed).is_err() {
                    continue;
                }
                let low = |outs: &[RunOut]| outs.iter().map(|o| (o.r0 as u32, o.data.clone())).collect::<Vec<_>>();
                let text = || fragments::text(seed, WRONG);
                assert_eq!(low(&ours), low(&theirs), "seed {seed}: values or packets\n{}", text());
                assert_eq!((&left.maps, &left.rings), (&kept.maps, &kept.rings), "seed {seed}: maps\n{}", text());
            }
            (Err(_), Err(_)) => neither += 1,
            (Err(ours), Ok(_)) => strict.push(format!("seed {seed}: {ours}")),
            (Ok(_), Err(theirs)) => {
                // Proved by us alone (an even number up to 9 is at most 8; the upper half of a spilled constant), or the
                // other side stumbles ("verifier bug" of a callback in dead code): it has to hold on many more packets.
                for other in 0..64 {
                    run_with(checked, seed, &packets(seed ^ other << 32))
                        .unwrap_or_else(|err| panic!("seed {seed}: {err}"));
                }
                lax.push(format!("seed {seed}: {theirs}"));
            }
        }
    }
    println!(
        "{count} programs (seeds 0..{count}) compared with the live kernel: {both} accepted by both, {neither} refused by \
         both; refused by us alone {strict:?}; accepted by us alone {lax:?}"
    );
    assert!(lax.len() as u64 * 50 <= count, "{lax:#?}");
    assert!(strict.is_empty(), "{strict:#?}");
}
