//! Liveness only lets states be forgotten: with and without it, the verifier comes to the same verdict.

use stingless_abi::{Limits, Trust};

use super::random::Rng;
use super::*;
use crate::error::Class;
use crate::testing::unit;
use crate::verify::verify_given;

/// Slots that hold numbers; the two below them hold map-value pointers or numbers.
const NUMBERS: [i32; 3] = [-8, -16, -24];
const SAVED: [i32; 2] = [-32, -40];

/// One step of a program: numbers and map-value pointers go through registers, slots and functions; some paths narrow
/// what others do not.
fn line(rng: &mut Rng, fresh: &mut u32, functions: &[&str]) -> String {
    let number = |rng: &mut Rng| rng.pick(&["r6", "r7", "r8"]);
    let slot = |rng: &mut Rng| rng.pick(&NUMBERS);
    let saved = |rng: &mut Rng| rng.pick(&SAVED);
    *fresh += 1;
    let here = *fresh;
    match rng.below(15) {
        0 => format!("{} = {}", number(rng), rng.pick(&[0, 1, 7, 40, 47, 48, 100])),
        1 => format!("{} = {}", number(rng), number(rng)),
        2 => format!("{} += {}", number(rng), rng.pick(&[1, 4, 8])),
        3 => format!("{} &= {}", number(rng), rng.pick(&[7, 31, 63])),
        4 | 5 => format!("*(u64 *)(r10 {}) = {}", slot(rng), number(rng)),
        6 => format!("{} = *(u64 *)(r10 {})", number(rng), slot(rng)),
        7 => format!("*(u32 *)(r10 {}) = {}", slot(rng), rng.below(50)),
        8 => format!(
            "if {} > {} goto b{here}\n {} = {}\nb{here}:",
            number(rng),
            rng.below(60),
            number(rng),
            rng.below(60)
        ),
        9 => {
            format!("if {} == {} goto b{here}\n *(u64 *)(r10 {}) = 3\nb{here}:", number(rng), rng.below(9), saved(rng))
        }
        10 => format!("if r9 == 0 goto b{here}\n *(u64 *)(r10 {}) = r9\nb{here}:", saved(rng)),
        // A pointer comes back from the stack, if it still is one, and is moved by a number.
        11 => format!(
            "r1 = *(u64 *)(r10 {})\n if r1 == 0 goto b{here}\n r0 = *(u64 *)(r1 + {})\nb{here}:",
            saved(rng),
            rng.pick(&[0, 40])
        ),
        12 => {
            let n = number(rng);
            format!(
                "if r9 == 0 goto b{here}\n r1 = r9\n if {n} > {} goto b{here}\n r1 += {n}\n r0 = *(u8 *)(r1 + 0)\nb{here}:",
                rng.pick(&[40, 47, 47, 48])
            )
        }
        13 if !functions.is_empty() => {
            format!("r1 = r10\n r1 += {}\n r2 = {}\n call {}", slot(rng), number(rng), rng.pick(functions))
        }
        _ => format!("call 5\n {} = r0", number(rng)),
    }
}

fn body(rng: &mut Rng, fresh: &mut u32, functions: &[&str]) -> String {
    let lines = 6 + rng.below(14);
    (0..lines).map(|_| format!(" {}\n", line(rng, fresh, functions))).collect()
}

/// All registers and slots are set at first; `r9` is what a lookup gave.
fn program(rng: &mut Rng) -> String {
    let mut fresh = 0;
    let zeros: String = NUMBERS.iter().chain(&SAVED).map(|off| format!("*(u64 *)(r10 {off}) = 0\n")).collect();
    let main = body(rng, &mut fresh, &["f", "g"]);
    let functions: String = ["f", "g"]
        .iter()
        .map(|name| {
            let inner = body(rng, &mut fresh, &[]);
            let out = rng.pick(&["*(u64 *)(r6 + 0) = r7", "r0 = *(u64 *)(r6 + 0)", "*(u32 *)(r6 + 0) = 1"]);
            format!("{name}:\n r6 = r1\n r7 = r2\n r8 = r2\n r9 = 0\n r1 = r6\n{zeros} {out}\n r6 = 1\n{inner} r0 = r7\n exit\n")
        })
        .collect();
    format!(
        "{zeros}*(u32 *)(r10 - 8) = 3\n r2 = r10\n r2 += -8\n r1 = map[0] ll\n call 1\n r9 = r0\n r6 = 1\n r7 = 2\n
         call 5\n r8 = r0\n{main} r1 = r10\n r1 += -8\n r2 = 1\n call f\n r1 = r10\n r1 += -16\n r2 = r8\n call g\n
         r0 = 0\n exit\n{functions}"
    )
}

#[test]
fn liveness_changes_no_verdict() {
    let count = if std::env::var("STINGLESS_SOAK").is_ok_and(|on| on == "1") { 20_000 } else { 300 };
    let limits = Limits { examined_insns: 50_000, work: 500_000, ..Limits::default() };
    let (mut accepted, mut refused) = (0, 0);
    for seed in 0..count {
        let text = program(&mut Rng(seed)).replace("(r10 -", "(r10 - ").replace("-  ", "- ");
        let unit = unit(&text);
        let with = verify_given(unit.clone(), Trust::Untrusted, &limits, Liveness::compute);
        let without = verify_given(unit, Trust::Untrusted, &limits, Liveness::everything);
        match (with, without) {
            (Ok(_), Err(e)) if e.class != Class::LoopOrBudget => {
                panic!("seed {seed}: accepted with liveness only: {e}\n{text}")
            }
            (Err(e), Ok(_)) => panic!("seed {seed}: refused with liveness only: {e}\n{text}"),
            (Ok(_), _) => accepted += 1,
            (Err(_), Err(_)) => refused += 1,
        }
    }
    assert!(accepted * 5 > count && refused * 5 > count, "{accepted} accepted, {refused} refused");
}
