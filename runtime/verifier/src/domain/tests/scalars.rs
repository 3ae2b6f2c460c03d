//! What a number says of itself, and random numbers of 6, 8 and 16 bits with all their members or many of them.

use super::*;
use crate::domain::{Arc, Scalar};
use stingless_isa::Size;

#[test]
fn questions() {
    let s = Scalar::from_signed_range(-5, 5);
    assert_eq!((s.umin(), s.umax(), s.smin(), s.smax()), (0, u64::MAX, -5, 5));
    assert_eq!((s.u32_min(), s.u32_max(), s.s32_min(), s.s32_max()), (0, u32::MAX, -5, 5));
    let low = Scalar::from_range(0x2_0000_0003, 0x2_0000_0009);
    assert_eq!(
        (low.umin(), low.umax(), low.smin(), low.smax()),
        (0x2_0000_0003, 0x2_0000_0009, 0x2_0000_0003, 0x2_0000_0009)
    );
    assert_eq!((low.u32_min(), low.u32_max(), low.s32_min(), low.s32_max()), (3, 9, 3, 9));
    assert_eq!((s.arc(), s.low_arc()), (Arc::between(-5i64 as u64, 5), Arc::between(-5i32 as u32 as u64, 5)));
    assert!(s.contains(5) && !s.contains(6) && s.contains(-5i64 as u64) && !s.fits_u32());
    assert_eq!((s.as_constant(), Scalar::constant(3).as_constant()), (None, Some(3)));
    assert_eq!(Scalar::constant(u64::MAX), Scalar::from_range(u64::MAX, u64::MAX));
    assert!(Scalar::constant(u32::MAX.into()).fits_u32() && !Scalar::constant(1 << 32).fits_u32());
    let eights = Scalar::from_tnum(Tnum::unknown(0xf8));
    let answers = [1, 2, 8, 16, 0, 3, 24].map(|n| eights.align_known(n));
    assert_eq!(answers, [true, true, true, false, false, false, false]);
    assert_eq!((eights.umin(), eights.umax()), (0, 0xf8));
    // Bounds that the bits give where the range crosses the seam.
    let odd = Scalar::from_range(u64::MAX - 2, 6).intersect(&Scalar::from_tnum(Tnum::new(1, u64::MAX - 1).unwrap()));
    let odd = odd.unwrap();
    assert_eq!((odd.umin(), odd.umax(), odd.smin(), odd.smax()), (1, u64::MAX, -3, 5));
    let odd = Scalar::from_tnum(Tnum::new(1, u64::MAX - 1).unwrap());
    assert_eq!((odd.smin(), odd.smax()), (i64::MIN + 1, i64::MAX));
    assert_eq!(Number::<8, 4>::from_tnum(Tnum::constant(0x1ff)), Number::constant(0xff));
    assert_eq!(Number::<8, 4>::constant(0x1ff), Number::constant(0xff));
}

#[test]
fn text() {
    assert_eq!(format!("{:?}", Scalar::constant(16)), "0x10");
    let s = Scalar::from_range(1, 6);
    assert_eq!(format!("{s:?}"), "[0x1..=0x6] low [0x1..=0x6] bits 0x0/0x7");
}

#[test]
fn broken_numbers_are_named() {
    type N8 = Number<8, 4>;
    let any = Tnum::unknown(0xff);
    for (known, arc, low, text) in [
        (Tnum::unknown(0x1ff), Arc::FULL, Arc::FULL, "known bits are inconsistent"),
        (Tnum::unknown(0xfe), Arc::between(0, 7), Arc::between(0, 6), "an end of the range is no member"),
        (Tnum::unknown(0xfe), Arc::between(1, 6), Arc::between(0, 6), "an end of the range is no member"),
        (any, Arc::between(0, 7), Arc::between(0, 6), "an end of the range is no member"),
        (
            Tnum::unknown(0xfe),
            Arc::between(0, 0xf0),
            Arc::between(0, 5),
            "an end of the lower half's range has other known bits",
        ),
        (
            Tnum::unknown(0xfe),
            Arc::between(2, 0xf2),
            Arc::between(1, 6),
            "an end of the lower half's range has other known bits",
        ),
        (any, Arc::between(0, 7), Arc::between(0, 7), "parts are not reduced against each other"),
        (any, Arc::FULL, Arc::between(1, 1), "an end of the range is no member"),
    ] {
        assert_eq!(N8::raw(known, arc, low).check_invariants(), Err(text), "{known:?} {arc:?} {low:?}");
    }
    assert_eq!(N8::unknown().check_invariants(), Ok(()));
    assert_eq!(N8::reduced(Tnum::unknown(0xf0), Arc::between(1, 0xf), Arc::FULL), None);
    assert_eq!(N8::settled(Tnum::unknown(0xf0), Arc::between(1, 0xf), Arc::FULL), N8::unknown());
    assert_eq!(Scalar::from_size(Size::DW), Scalar::unknown());
}

/// `rounds` pairs of random numbers of `N` bits, and of each up to 24 members that the numbers were made around.
fn random_pairs<const N: u32, const H: u32>(seed: u64, rounds: u32, ops: impl Fn(AluOp) -> bool) {
    let mut random = Random(seed);
    let mask = u64::MAX >> (64 - N);
    for _ in 0..rounds {
        let (a, b): (Number<N, H>, Number<N, H>) = (around(&mut random), around(&mut random));
        let mut xs: Vec<u64> = (0..24).map(|_| random.next() & mask).collect();
        xs.extend([a.umin(), a.umax(), b.umin(), b.umax(), a.smin() as u64 & mask, b.smax() as u64 & mask]);
        let members = |s: Number<N, H>| xs.iter().copied().filter(move |&x| s.contains(x)).collect::<Vec<_>>();
        let (ms, ns) = (members(a), members(b));
        for width in [Width::W64, Width::W32] {
            for op in AluOp::ALL.into_iter().filter(|&op| ops(op)) {
                let result = Number::alu(op, width, a, b);
                for (&x, &y) in ms.iter().flat_map(|x| ns.iter().map(move |y| (x, y))) {
                    let r = eval_alu(op, N, width, x, y);
                    assert!(result.contains(r), "{a:?} {op:?} {b:?} ({width:?}) gives {result:?}, lacks {r:#x}");
                }
            }
            for cond in Cond::ALL {
                let branch = Number::branch(cond, width, a, b);
                for (&x, &y) in ms.iter().flat_map(|x| ns.iter().map(move |y| (x, y))) {
                    let way = if eval_cond(cond, N, width, x, y) { branch.taken } else { branch.fallthrough };
                    let kept = way.is_some_and(|(p, q)| p.contains(x) && q.contains(y));
                    assert!(kept, "{a:?} {cond:?} {b:?} ({width:?}) gives {branch:?}, lacks {x:#x}, {y:#x}");
                }
            }
        }
    }
}

/// A random abstract number around a random member.
fn around<const N: u32, const H: u32>(random: &mut Random) -> Number<N, H> {
    let x = random.next();
    random.around(x)
}

#[test]
fn other_widths() {
    // Shifts, and the moves that are made of them, mask their counts: they need a width that is a power of two.
    let shift = |op| matches!(op, AluOp::Lsh | AluOp::Rsh | AluOp::Arsh);
    let movsx = |op| matches!(op, AluOp::Movsx8 | AluOp::Movsx16 | AluOp::Movsx32);
    random_pairs::<6, 3>(0x5eed_0006, 3_000, |op| !shift(op) && !movsx(op));
    random_pairs::<8, 4>(0x5eed_0007, 3_000, |_| true);
    random_pairs::<16, 8>(0x5eed_0008, 1_000, |_| true);
}
