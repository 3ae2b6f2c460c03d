//! The public conformance suite in machine code.
#![cfg(target_arch = "x86_64")]

use stingless_conformance::corpus;
use stingless_conformance::engine::{Engine, failures, run_all};
use stingless_conformance::jit::Jit;

#[test]
fn every_positive_file_passes_in_machine_code() {
    let Some(dir) = corpus::dir() else { return };
    let cases = corpus::positive(&dir).unwrap();
    assert_eq!(cases.len(), 313);
    for mut engine in Jit::all() {
        let outcomes = run_all(&mut engine, &cases);
        let bad = failures(engine.name(), &outcomes);
        assert!(bad.is_empty(), "{bad}");
    }
}
