//! Random programs in every engine: the same R0, the same memory, no trap.

use std::env;

use stingless_conformance::core::Core;
use stingless_conformance::engine::Engine;
use stingless_conformance::random::{MEM, Random, program};

/// Programs compared; `STINGLESS_SOAK` asks for the full count.
fn count() -> u64 {
    if env::var("STINGLESS_SOAK").is_ok_and(|on| on == "1") { 200_000 } else { 1_000 }
}

fn engines() -> Vec<Box<dyn Engine>> {
    let mut all: Vec<Box<dyn Engine>> = Vec::new();
    all.extend(Core::all().into_iter().map(|e| Box::new(e) as Box<dyn Engine>));
    #[cfg(target_arch = "x86_64")]
    all.extend(stingless_conformance::jit::Jit::all().into_iter().map(|e| Box::new(e) as Box<dyn Engine>));
    all
}

#[test]
fn engines_agree_on_random_programs() {
    let mut engines = engines();
    let mut different = std::collections::HashSet::new();
    for seed in 0..count() {
        let code = program(seed);
        let mut random = Random::new(!seed);
        let input: Vec<u8> = (0..MEM).map(|_| random.bits() as u8).collect();
        let mut first = None;
        for engine in &mut engines {
            let mut mem = input.clone();
            let r0 = engine.run(&code, &mut mem);
            assert!(r0.is_ok(), "seed {seed} in {}: {r0:?}\n{}", engine.name(), stingless_isa::disasm(&code));
            let found = (r0, mem);
            let want = first.get_or_insert_with(|| found.clone());
            assert!(
                found == *want,
                "seed {seed} in {}: {found:x?}, want {want:x?}\n{}",
                engine.name(),
                stingless_isa::disasm(&code)
            );
        }
        different.insert(first.and_then(|f| f.0.ok()));
    }
    println!("{} programs in {} engines, {} values", count(), engines.len(), different.len());
    assert!(different.len() as u64 > count() * 9 / 10, "programs that compute something");
}

#[test]
fn programs_encode_and_decode() {
    for seed in 0..200 {
        let code = program(seed);
        let bytes = stingless_isa::encode(&code).unwrap();
        assert_eq!(stingless_isa::decode(&bytes).as_ref(), Ok(&code), "seed {seed}");
    }
}
