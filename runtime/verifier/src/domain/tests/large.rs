//! Random 64-bit numbers around random members, against the real `eval`.

use super::*;
use crate::domain::Scalar;
use stingless_isa::UnaryOp;

/// Pairs of numbers a test; each is tried with every operation.
fn rounds() -> u32 {
    if full() { 1_000_000 } else { 40_000 }
}

fn check(s: Scalar, x: u64, what: impl Fn() -> String) {
    assert!(s.contains(x), "{} gives {s:?}, which lacks {x:#x}", what());
    assert_eq!(s.check_invariants(), Ok(()), "{} gives {s:?}", what());
}

/// A number with few unknown bits, a wide one, or one for which shifts and divisions do something.
fn operand(random: &mut Random) -> (u64, Scalar) {
    let x = match random.below(4) {
        0 => random.edge() & 0x7f,
        _ => random.edge(),
    };
    (x, random.around(x))
}

#[test]
fn alu_has_the_result_of_members() {
    let mut random = Random(0x5eed_0002);
    for _ in 0..rounds() {
        let ((x, a), (y, b)) = (operand(&mut random), operand(&mut random));
        for width in [Width::W64, Width::W32] {
            for op in AluOp::ALL {
                check(Scalar::alu(op, width, a, b), op.eval(width, x, y), || format!("{a:?} {op:?} {b:?} ({width:?})"));
            }
            for op in UnaryOp::ALL {
                check(Scalar::unary(op, width, a), op.eval(width, x), || format!("{op:?} {a:?} ({width:?})"));
            }
        }
    }
}

#[test]
fn branches_keep_members() {
    let mut random = Random(0x5eed_0003);
    for _ in 0..rounds() {
        let (x, a) = operand(&mut random);
        let (y, b) = if random.below(4) == 0 { (x, random.around(x)) } else { operand(&mut random) };
        for width in [Width::W64, Width::W32] {
            for cond in Cond::ALL {
                let branch = Scalar::branch(cond, width, a, b);
                let way = if cond.eval(width, x, y) { branch.taken } else { branch.fallthrough };
                let (p, q) = way.unwrap_or_else(|| panic!("{a:?} {cond:?} {b:?} ({width:?}) lacks {x:#x}, {y:#x}"));
                check(p, x, || format!("{a:?} {cond:?} {b:?} ({width:?}), left,"));
                check(q, y, || format!("{a:?} {cond:?} {b:?} ({width:?}), right,"));
            }
        }
    }
}

#[test]
fn sets_keep_members() {
    let mut random = Random(0x5eed_0004);
    for _ in 0..rounds() {
        let ((x, a), (y, b)) = (operand(&mut random), operand(&mut random));
        for (s, what) in [(a.join(&b), "join"), (Scalar::widen(&a, &b), "widen")] {
            check(s, x, || format!("{a:?} {what} {b:?}"));
            check(s, y, || format!("{a:?} {what} {b:?}"));
        }
        let c: Scalar = random.around(x);
        check(a.intersect(&c).unwrap(), x, || format!("{a:?} and {c:?}"));
        assert!(!a.is_subset_of(&b) || b.contains(x), "{a:?} within {b:?}");
    }
}
