//! The one budget of a verification: what programs can make it cost is counted, and each of them ends.

mod support;

use std::fmt::Write as _;

use stingless_abi::{Limits, Trust};
use stingless_object::Unit;
use stingless_verifier::{Verified, VerifierError, verify};
use support::{accept, raw_hook, unit};

fn limited(text: &str, limits: &Limits) -> Result<Verified, Box<VerifierError>> {
    let unit: Unit = unit(text, vec![], raw_hook());
    verify(unit, Trust::Untrusted, limits)
}

fn refused(text: &str, limits: &Limits) -> String {
    match limited(text, limits) {
        Ok(verified) => panic!("accepted: {:?}", verified.stats()),
        Err(error) => error.to_string(),
    }
}

/// `r6` is memory of 4096 bytes, `r7` its length.
const HEAD: &str = "r6 = r1\n r7 = r2\n if r7 > 4095 goto big\n r0 = 0\n exit\n big:\n r0 = 0\n r9 = 0\n";

/// Sets all of the stack to unknown numbers.
fn full_stack() -> String {
    (1..=64).fold(String::new(), |mut text, i| {
        let _ = writeln!(text, "r3 = *(u8 *)(r6 + {i})\n *(u64 *)(r10 - {}) = r3", i * 8);
        text
    })
}

/// Adds all of the stack to `r0`, so that it is live.
fn read_stack() -> String {
    (1..=64).fold(String::new(), |mut text, i| {
        let _ = writeln!(text, "r3 = *(u64 *)(r10 - {})\n r0 += r3", i * 8);
        text
    })
}

/// Rounds of a loop whose states differ in the last slot alone are compared slot by slot: that is work.
#[test]
fn comparing_large_states_is_work() {
    let counter = "r3 = *(u64 *)(r10 - 512)\n r3 += 1\n *(u64 *)(r10 - 512) = r3\n if r3 < 100000 goto l\n";
    let large = format!("{HEAD}{}*(u64 *)(r10 - 512) = r9\n l:\n{counter}{}exit", full_stack(), read_stack());
    let limits = Limits { work: 200_000, ..Limits::default() };
    let error = refused(&large, &limits);
    assert!(error.contains("steps of work"), "{error}");
    // Before 20,000 instructions were examined.
    let error = refused(&large, &Limits { examined_insns: 20_000, ..limits });
    assert!(error.contains("steps of work"), "{error}");
}

/// States that are put off with all of their stack are counted byte by byte.
#[test]
fn memory_is_limited() {
    let mut text = format!("{HEAD}{}", full_stack());
    for i in 0..2000 {
        let at = (i % 64 + 1) * 8;
        let _ = writeln!(text, "if r7 > {} goto f{i}\n *(u64 *)(r10 - {at}) = r0\n f{i}:", 5000 + i);
    }
    text += &format!("{}exit", read_stack());
    let small = Limits { verifier_bytes: 8 << 20, ..Limits::default() };
    let error = refused(&text, &small);
    assert!(error.contains("bytes of memory"), "{error}");
}

/// Forks whose ways all differ in a number that is relied on at the end.
#[test]
fn ways_that_differ_end_in_the_budget() {
    let mut text = HEAD.to_owned();
    for i in 0..60 {
        let _ = writeln!(text, "r3 = *(u8 *)(r6 + {i})\n if r3 > 7 goto w{i}\n r0 += {}\n w{i}:", 1 << (i % 12));
    }
    text += "r0 &= 2047\n r6 += r0\n r0 = *(u8 *)(r6 + 0)\n exit";
    let error = refused(&text, &Limits { examined_insns: 50_000, ..Limits::default() });
    assert!(error.contains("50000 instructions"), "{error}");
}

/// A loop that `may_goto` bounds converges though its counter is an index.
#[test]
fn a_counter_in_a_may_goto_loop_converges() {
    let v = accept(unit(
        &format!(
            "{HEAD}l:\n may_goto out\n r3 = r9\n r3 &= 1023\n r4 = r6\n r4 += r3\n r3 = *(u8 *)(r4 + 0)\n r0 += r3\n \
             r9 += 1\n goto l\n out:\n exit"
        ),
        vec![],
        raw_hook(),
    ));
    assert!(v.stats().insns_processed < 500, "{:?}", v.stats());
}

/// A cursor goes on by one byte or by some: rounds at the same place and count meet, whatever their order.
///
/// Earlier, states were driven out by misses of rounds of which no state was kept, and this took four times as long.
#[test]
fn rounds_of_a_loop_meet_earlier_ones() {
    let body = "r3 = r9\n r3 &= 511\n r4 = r6\n r4 += r3\n r5 = *(u8 *)(r4 + 0)\n if r5 == 1 goto one\n r9 += 3\n \
                one:\n r9 += 1\n r8 += 1\n if r8 < 12 goto l\n";
    let v = accept(unit(&format!("{HEAD}r8 = 0\n l:\n{body}exit"), vec![], raw_hook()));
    assert!(v.stats().insns_processed < 4_000, "{:?}", v.stats());
}
