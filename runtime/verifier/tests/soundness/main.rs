//! The strongest test of the verifier: an accepted program never leaves its memory, never reads what was not written,
//! breaks no exported fact, ends within its bound, and computes the same wherever its memory lies.

mod generate;
mod machine;
mod relate;
#[path = "../support/mod.rs"]
mod support;

use generate::Random;
use machine::{Layout, Machine, VALUE};
use stingless_abi::{Limits, MapKind, Trust};
use stingless_isa::{assemble, disasm};
use stingless_verifier::{Verified, verify};
use support::{map, raw_hook, unit_of};

const HERE: Layout = Layout { mem: 0x10_0000, stack: 0x20_0000, value: 0x30_0000, map: 0x40_0000 };
const THERE: Layout =
    Layout { mem: 0x7fff_1234_0000, stack: 0x7ffe_5670_0000, value: 0x7f12_9abc_d000, map: 0x7f12_0000_1000 };

/// Programs; `STINGLESS_SOAK` asks for the full count.
fn count() -> u64 {
    match std::env::var("STINGLESS_SOAK_PROGRAMS").ok().and_then(|n| n.parse().ok()) {
        Some(n) => n,
        None if std::env::var("STINGLESS_SOAK").is_ok_and(|on| on == "1") => 1_000_000,
        None => 3_000,
    }
}

fn runs(verified: &Verified, seed: u64, times: u32) -> Result<(), String> {
    let mut random = Random(seed);
    for _ in 0..times {
        let length = random.below(40) as usize;
        let mem: Vec<u8> = (0..length).map(|_| (random.bits() >> random.below(8) & 0xff) as u8).collect();
        let start = random.bits();
        let mut seen = None;
        for layout in [HERE, THERE] {
            let mut machine = Machine::new(verified, layout, &mem, start);
            let found = (machine.run()?, machine.outcome());
            match &seen {
                None => seen = Some(found),
                Some(first) if *first == found => {}
                Some(first) => return Err(format!("depends on addresses: {first:x?} and {found:x?}")),
            }
        }
    }
    Ok(())
}

#[test]
fn what_is_accepted_keeps_its_promises() {
    let from = std::env::var("STINGLESS_SEED").ok().and_then(|s| s.parse().ok()).unwrap_or(0);
    let mut accepted = 0;
    let mut kinds = std::collections::BTreeMap::new();
    for seed in from..from + count() {
        let text = generate::program(seed);
        let code = match assemble(&text) {
            Ok(code) => code,
            Err(e) => panic!("seed {seed}: {e}\n{text}"),
        };
        let maps = vec![map(MapKind::Hash, 4, VALUE as u32, 8), map(MapKind::Array, 4, VALUE as u32, 2)];
        let listing = disasm(&code);
        // Small limits: a program that needs more is no use here.
        let limits = Limits { examined_insns: 20_000, work: 100_000, ..Limits::default() };
        match verify(unit_of(code, maps, raw_hook()), Trust::Untrusted, &limits) {
            Ok(verified) => {
                accepted += 1;
                if let Err(e) = runs(&verified, seed, 6) {
                    panic!("seed {seed}: {e}\n{listing}");
                }
            }
            Err(e) => {
                assert!(!e.is_bug(), "seed {seed}: {e}\n{listing}");
                *kinds.entry(e.kind).or_insert(0) += 1;
            }
        }
    }
    println!("{accepted} of {} programs accepted; refused: {kinds:?}", count());
    assert!(accepted * 20 > count(), "programs that are accepted");
}

/// Programs whose proofs need what ties numbers to each other: many of those that are accepted were proved by refinement.
#[test]
fn what_is_proved_by_refinement_keeps_its_promises() {
    let from = std::env::var("STINGLESS_SEED").ok().and_then(|s| s.parse().ok()).unwrap_or(0);
    let (mut accepted, mut refined, mut kinds) = (0, 0, std::collections::BTreeMap::new());
    let count = count() / 2;
    for seed in from..from + count {
        let text = relate::program(seed);
        let code = assemble(&text).unwrap_or_else(|e| panic!("seed {seed}: {e}\n{text}"));
        let listing = disasm(&code);
        let unit = || unit_of(code.clone(), vec![map(MapKind::Array, 4, VALUE as u32, 2)], raw_hook());
        let limits = Limits { examined_insns: 20_000, work: 400_000, ..Limits::default() };
        match verify(unit(), Trust::Untrusted, &limits) {
            Ok(verified) => {
                accepted += 1;
                refined += u64::from(!verified.refinements().is_empty());
                if let Err(e) = runs(&verified, seed, 24) {
                    panic!("seed {seed}: {e}\n{listing}\n{:?}", verified.refinements());
                }
            }
            Err(e) => {
                assert!(!e.is_bug(), "seed {seed}: {e}\n{listing}");
                *kinds.entry(e.kind).or_insert(0) += 1;
            }
        }
    }
    println!("{accepted} of {count} programs accepted, {refined} of them by refinement; refused: {kinds:?}");
    assert!(refined * 20 > count, "programs that are proved by refinement");
}
