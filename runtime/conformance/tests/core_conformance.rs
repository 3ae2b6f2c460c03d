//! The public conformance suite in every engine of the product.

use stingless_conformance::core::Core;
use stingless_conformance::corpus;
use stingless_conformance::engine::{Engine, Outcome, failures, run_all};

#[test]
fn every_positive_file_passes_in_every_engine() {
    let Some(dir) = corpus::dir() else { return };
    let cases = corpus::positive(&dir).unwrap();
    assert_eq!(cases.len(), 313);
    for mut engine in Core::all() {
        let outcomes = run_all(&mut engine, &cases);
        let bad = failures(engine.name(), &outcomes);
        assert!(bad.is_empty(), "{bad}");
    }
}

/// 58 files are refused before any engine sees them; two hold valid programs whose expectation is wrong, and the runner
/// notices.
#[test]
fn negative_files_are_refused_or_noticed_in_every_engine() {
    let Some(dir) = corpus::dir() else { return };
    let cases = corpus::negative(&dir).unwrap();
    for mut engine in Core::all() {
        let outcomes = run_all(&mut engine, &cases);
        let refused = outcomes.iter().filter(|(_, o)| matches!(o, Outcome::Refused(_))).count();
        let noticed: Vec<&str> = outcomes
            .iter()
            .filter(|(_, o)| matches!(o, Outcome::MissedError { .. } | Outcome::WrongValue { .. }))
            .map(|(case, _)| case.name.as_str())
            .collect();
        assert_eq!(refused, 58, "{}", engine.name());
        assert_eq!(noticed, ["error", "incorrect_return_value_high_bits"], "{}", engine.name());
    }
}
