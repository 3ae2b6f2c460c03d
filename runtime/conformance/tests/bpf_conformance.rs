//! The public conformance suite, as far as no engine is needed: every file is read, assembled or refused.

use std::collections::BTreeSet;
use stingless_conformance::corpus;
use stingless_conformance::engine::HELPERS;
use stingless_isa::{Callee, Insn};

#[test]
fn every_positive_file_holds_a_program_and_an_expectation() {
    let Some(dir) = corpus::dir() else { return };
    let cases = corpus::positive(&dir).unwrap();
    assert_eq!(cases.len(), 313);
    for case in &cases {
        let code = case.code.as_ref().unwrap_or_else(|err| panic!("{}: {err}", case.name));
        assert!(case.result.is_some() && case.error.is_none(), "{}", case.name);
        let bytes = stingless_isa::encode(code).unwrap();
        assert_eq!(stingless_isa::decode(&bytes).as_ref(), Ok(code), "{}", case.name);
        let text = stingless_isa::disasm(code);
        assert_eq!(stingless_isa::assemble(&text).as_ref(), Ok(code), "{}\n{text}", case.name);
    }
}

#[test]
fn negative_files_are_refused_but_for_the_two_that_expect_what_is_wrong() {
    let Some(dir) = corpus::dir() else { return };
    let cases = corpus::negative(&dir).unwrap();
    assert_eq!(cases.len(), 60);
    let accepted: Vec<_> = cases.iter().filter(|case| case.code.is_ok()).map(|case| case.name.as_str()).collect();
    assert_eq!(accepted, ["error", "incorrect_return_value_high_bits"]);
}

#[test]
fn every_helper_that_programs_call_is_supplied() {
    let Some(dir) = corpus::dir() else { return };
    let cases = corpus::positive(&dir).unwrap();
    let insns = cases.iter().filter_map(|case| case.code.as_ref().ok()).flat_map(|code| code.insns());
    let called: BTreeSet<u32> =
        insns.filter_map(|insn| if let Insn::Call(Callee::Helper(id)) = insn { Some(*id) } else { None }).collect();
    assert_eq!(called, HELPERS.iter().map(|(id, _)| *id).collect());
}
