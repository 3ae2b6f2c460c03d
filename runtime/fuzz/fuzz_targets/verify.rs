//! Any program: accepted or refused in words, never a panic, never a bug of the verifier's own; the same twice.
#![no_main]

use libfuzzer_sys::fuzz_target;
use stingless::{EngineKind, Error};

fuzz_target!(|data: &[u8]| {
    let Some(program) = stingless_fuzz::program(data) else { return };
    let linker = stingless_fuzz::linker(EngineKind::Interp);
    let verdict = || {
        let loaded = linker.load_raw(&program).ok()?;
        Some(loaded.refused.first().map(|r| {
            if let Error::Verifier { report, .. } = &r.error {
                assert!(!report.is_bug(), "{report}");
            }
            r.error.to_string()
        }))
    };
    assert_eq!(verdict(), verdict());
});
