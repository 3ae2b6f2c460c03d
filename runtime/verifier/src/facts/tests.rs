//! What the facts say of small programs, and what they must not say.

use stingless_abi::{Limits, Trust};
use stingless_isa::{Insn, Width};

use super::linear::{ROUNDS, counted};
use super::{Facts, Side};
use crate::Verified;
use crate::cfg::Cfg;
use crate::testing::unit;
use crate::verify::verify;

fn proved(text: &str) -> Verified {
    verify(unit(text), Trust::Untrusted, &Limits::default()).unwrap_or_else(|e| panic!("{e}\n{text}"))
}

/// Facts, and the place of the first instruction that reads two numbers in arithmetic of this kind.
fn facts_of(text: &str, is: impl Fn(&Insn) -> bool) -> (Facts, usize) {
    let verified = proved(text);
    let at =
        verified.unit().code.insns().iter().position(is).unwrap_or_else(|| panic!("no such instruction in\n{text}"));
    (verified.facts().clone(), at)
}

fn divides(insn: &Insn) -> bool {
    use stingless_isa::AluOp::{Div, Mod, Sdiv, Smod};
    matches!(insn, Insn::Alu { op: Div | Mod | Sdiv | Smod, .. })
}

fn range(text: &str) -> Option<(u64, u64)> {
    let (facts, at) = facts_of(text, divides);
    facts.linear.get(at, Side::Src).map(|n| (n.umin(), n.umax()))
}

/// The example of the design: exploration walks the division with 5 only, for nothing relies on the number.
#[test]
fn numbers_of_paths_that_were_pruned_count() {
    let text = "r3 = *(u64 *)(r1 + 0)\nr4 = 5\nif r3 == 0 goto join\nr4 = 0\njoin:\nr0 = 100\nr0 /= r4\nexit";
    let text = format!("if r2 < 8 goto short\n{text}\nshort:\nr0 = 0\nexit");
    assert_eq!(range(&text), Some((0, 5)));
    let (facts, at) = facts_of(&text, divides);
    assert!(!facts.nonzero(at, Width::W64) && facts.constant(at, Side::Src).is_none());
}

#[test]
fn comparisons_teach() {
    let text = |cond: &str| format!("r0 = 9\nif {cond} goto out\nr0 /= r2\nout:\nexit");
    for (cond, least, most) in [("r2 == 0", 1, i64::MAX as u64), ("r2 > 63", 0, 63), ("r2 < 8", 8, u64::MAX)] {
        let (a, b) = range(&text(cond)).unwrap_or((0, u64::MAX));
        assert!(a == least && b >= most.min(b), "{cond}: {a}..={b}");
    }
    let (facts, at) = facts_of(&text("r2 == 0"), divides);
    assert!(facts.nonzero(at, Width::W64) && !facts.nonzero(at, Width::W32), "the lower half may be zero");
    let (facts, at) = facts_of(&text("w2 == 0"), divides);
    assert!(facts.nonzero(at, Width::W64) && facts.nonzero(at, Width::W32));
}

#[test]
fn shifts_and_upper_halves() {
    let is_shift = |i: &Insn| matches!(i, Insn::Alu { op: stingless_isa::AluOp::Lsh, .. });
    let (facts, at) = facts_of("r0 = 1\nr2 &= 31\nw0 <<= w2\nexit", is_shift);
    assert!(facts.shift_in_range(at, Width::W32) && facts.upper_zero(at, Side::Dst));
    let (facts, at) = facts_of("r0 = 1\nr2 &= 63\nw0 <<= w2\nexit", is_shift);
    assert!(!facts.shift_in_range(at, Width::W32) && facts.shift_in_range(at, Width::W64));
}

/// A counter grows round by round: what holds in the first round is not said, what holds in all is.
#[test]
fn loops_are_joined_over_all_rounds() {
    let text = "r3 = 0\nw4 = 7\nr0 = 0\nagain:\nr0 += 1\nr0 /= r3\nw4 += 9\nr5 = r4\nr5 >>= 3\nr3 += 2\nif r3 < 40 goto again\nexit";
    let (facts, at) = facts_of(text, divides);
    let three = facts.linear.get(at, Side::Src).copied().unwrap();
    assert!((0..40).step_by(2).all(|x| three.contains(x)), "{three:?}");
    let shift = |i: &Insn| matches!(i, Insn::Alu { op: stingless_isa::AluOp::Rsh, .. });
    let (facts, at) = facts_of(text, shift);
    assert!(facts.upper_zero(at, Side::Dst), "32-bit arithmetic leaves a zero upper half in every round");
}

/// Numbers that go round between registers settle late: then nothing is said, and nothing wrong.
#[test]
fn slow_loops_end_with_nothing_known() {
    let rotate: String = (3..9).map(|r| format!("r{r} = r{}\n", r + 1)).collect();
    let start: String = (3..10).map(|r| format!("r{r} = {r}\n")).collect();
    let text =
        format!("{start}r0 = 0\nagain:\nr0 += 1\nr2 = r0\nr2 /= r3\n{rotate}r9 = r0\nif r0 < 30 goto again\nexit");
    let (facts, at) = facts_of(&text, divides);
    let known = facts.operand(at, Side::Src);
    assert!((1..24).all(|x| known.contains(x)), "{known:?}");
}

#[test]
fn what_is_stored_is_known_until_someone_may_write() {
    let spill = |between: &str| {
        format!(
            "r6 = r2\nr6 &= 15\nr6 += 1\n*(u64 *)(r10 - 8) = r6\n*(u64 *)(r10 - 16) = 0\n{between}\n\
             r3 = *(u64 *)(r10 - 8)\nr0 = 100\nr0 /= r3\nexit"
        )
    };
    let kept = Some((1, 16));
    assert_eq!(range(&spill("")), kept);
    assert_eq!(range(&spill("call 5")), kept, "a helper without memory writes nothing");
    assert_eq!(range(&spill("*(u32 *)(r10 - 16) = 5")), kept, "next to it");
    assert_eq!(range(&spill("*(u8 *)(r10 - 5) = 0")), None, "a part of it");
    let lookup = "*(u32 *)(r10 - 20) = 3\nr2 = r10\nr2 += -20\nr1 = map[0] ll\ncall 1";
    assert_eq!(range(&spill(lookup)), kept, "a key is read");
    let strtol = |at: i32| {
        format!("*(u64 *)(r10 - 40) = 0\nr1 = r10\nr1 += -40\nr2 = 8\nr3 = 0\nr4 = r10\nr4 += {at}\ncall 105")
    };
    assert_eq!(range(&spill(&strtol(-16))), kept, "next to it");
    assert_eq!(range(&spill(&strtol(-8))), None, "the helper's result goes there");
    let called = |n: i32| format!("r1 = r10\nr1 += {n}\ncall sub");
    let sub = "\nsub:\n*(u64 *)(r1 + 0) = 0\nr0 = 0\nexit";
    assert_eq!(range(&(spill(&called(-8)) + sub)), None, "a function may write through what it is given");
    let looped = "r1 = 4\nr2 = func cb ll\nr3 = r10\nr3 += -8\nr4 = 0\ncall 181";
    let cb = "\ncb:\n*(u64 *)(r2 + 0) = 0\nr0 = 0\nexit";
    assert_eq!(range(&(spill(looped) + cb)), None, "so may a callback");
}

#[test]
fn calls_clobber_and_results_are_as_the_prototype_says() {
    let text = "r6 = r2\nr6 &= 7\nr6 += 1\n*(u32 *)(r10 - 4) = 1\n*(u64 *)(r10 - 56) = 1\n*(u64 *)(r10 - 48) = 1\n\
                *(u64 *)(r10 - 40) = 1\n*(u64 *)(r10 - 32) = 1\n*(u64 *)(r10 - 24) = 1\n*(u64 *)(r10 - 16) = 1\n\
                r1 = map[0] ll\nr2 = r10\nr2 += -4\nr3 = r10\nr3 += -56\nr4 = 0\ncall 2\n\
                r7 = 1\nr7 -= r0\nr6 /= r7\nr0 = r6\nexit";
    // 0 or an error number; stack of a value of 48 bytes.
    assert_eq!(range(text), Some((1, 4096)));
    let text = "r6 = 5\ncall sub\nr6 /= r0\nr0 = r6\nexit\nsub:\nr0 = 3\nexit";
    assert_eq!(range(text), None, "of a function's result nothing is said");
}

/// Dead ways add nothing.
#[test]
fn ways_that_no_run_takes_are_left_out() {
    let text = "r3 = 4\nr4 = 1\nif r3 > 9 goto never\nr4 = 2\nnever:\nr0 = 8\nr0 /= r4\nexit";
    let (facts, at) = facts_of(text, divides);
    assert_eq!(facts.constant(at, Side::Src), Some(2));
}

/// A number that is added to a pointer is exported as the exploration had it, joined over its paths.
#[test]
fn numbers_added_to_pointers_are_precise() {
    let text = "r6 = r2\n*(u32 *)(r10 - 4) = 1\nr2 = r10\nr2 += -4\nr1 = map[0] ll\ncall 1\nif r0 == 0 goto out\n\
                r6 &= 24\nif r6 > 9 goto less\nr6 += 3\nless:\nr0 += r6\nr3 = *(u8 *)(r0 + 1)\nout:\nr0 = 0\nexit";
    let add =
        |i: &Insn| matches!(i, Insn::Alu { op: stingless_isa::AluOp::Add, src: stingless_isa::Operand::Reg(_), .. });
    let (facts, at) = facts_of(text, add);
    let num = facts.precise.get(at, Side::Src).copied().unwrap();
    assert!([3, 11, 16, 24].into_iter().filter(|&x| x != 11).all(|x| num.contains(x)) && num.umax() == 24, "{num:?}");
    assert_eq!(facts.precise.get(at, Side::Dst), None);
    assert_eq!(facts.value_off.iter().flatten().copied().collect::<Vec<_>>(), [(4, 25)]);
}

/// Straight code is one visit an instruction; loops, nested ones too, are visited a bounded number of times.
#[test]
fn facts_of_long_programs_cost_no_more_an_instruction() {
    let walked = |text: &str| {
        let verified = proved(text);
        let cfg = Cfg::build(verified.unit()).unwrap();
        let (found, walked) = counted(verified.unit(), &cfg, verified.facts());
        assert_eq!(found, verified.facts().linear);
        (walked, verified.unit().code.len() as u64)
    };
    let diamonds = "r3 = r2\nr3 &= 1\nif r3 == 0 goto +1\nr0 += r3\nr0 ^= r2\n".repeat(2_000);
    let (steps, insns) = walked(&format!("r0 = 0\n{diamonds}exit"));
    assert_eq!(steps, insns);
    let mut text = "r0 = 0\nr4 = r2\n".to_owned();
    for loops in 0..6 {
        text += &format!("*(u64 *)(r10 - {0}) = 0\nl{loops}:\nr5 = r4\nr4 = r0\nr0 *= r5\n", 8 * loops + 8);
    }
    for loops in (0..6).rev() {
        text += &format!(
            "r3 = *(u64 *)(r10 - {0})\nr3 += 1\n*(u64 *)(r10 - {0}) = r3\nif r3 < 2 goto l{loops}\n",
            8 * loops + 8
        );
    }
    let (steps, insns) = walked(&format!("{text}exit"));
    assert!(steps <= insns * ROUNDS as u64, "{steps} for {insns}");
}

#[test]
fn numbers_that_are_said_again_are_kept_once() {
    let text = format!("r2 &= 7\nr0 = 0\n{}exit", "r0 = r2\n".repeat(500));
    let verified = proved(&text);
    assert!(verified.facts().linear.count() >= 500);
    let debug = format!("{:?}", verified.facts().linear);
    assert!(debug.matches("bits").count() < 5, "{}", debug.len());
}
