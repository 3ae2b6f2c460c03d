//! What clang emits around a bound check, and what must be known afterwards: at least what Linux 6.18 knows.

use super::*;
use crate::domain::Scalar;
use AluOp::{Add, And, Arsh, Div, Lsh, Mod, Mov, Movsx8, Movsx16, Movsx32, Mul, Or, Rsh, Sdiv, Smod, Sub, Xor};
use Width::{W32, W64};
use stingless_isa::{Size, UnaryOp};

fn c(x: i64) -> Scalar {
    Scalar::constant(x as u64)
}

fn alu(op: AluOp, width: Width, a: Scalar, b: i64) -> Scalar {
    Scalar::alu(op, width, a, c(b))
}

/// `a` after `if a cond b` was taken.
fn taken(cond: Cond, width: Width, a: Scalar, b: i64) -> Scalar {
    Scalar::branch(cond, width, a, c(b)).taken.expect("the branch can be taken").0
}

/// `a` after `if a cond b` was not taken.
fn passed(cond: Cond, width: Width, a: Scalar, b: i64) -> Scalar {
    Scalar::branch(cond, width, a, c(b)).fallthrough.expect("the branch can be passed").0
}

fn unsigned(s: Scalar) -> (u64, u64) {
    (s.umin(), s.umax())
}

fn signed(s: Scalar) -> (i64, i64) {
    (s.smin(), s.smax())
}

fn low(s: Scalar) -> (u32, u32) {
    (s.u32_min(), s.u32_max())
}

fn signed_low(s: Scalar) -> (i32, i32) {
    (s.s32_min(), s.s32_max())
}

#[test]
fn loads() {
    for (size, max) in [(Size::B, 0xff), (Size::H, 0xffff), (Size::W, 0xffff_ffff), (Size::DW, u64::MAX)] {
        let s = Scalar::from_size(size);
        assert_eq!((unsigned(s), s.tnum()), ((0, max), Tnum::unknown(max)));
        assert_eq!(s.fits_u32(), size != Size::DW);
        assert_eq!(s, Scalar::from_range(0, max));
    }
    assert_eq!(signed(Scalar::from_signed_load(Size::B)), (-0x80, 0x7f));
    assert_eq!(signed(Scalar::from_signed_load(Size::H)), (-0x8000, 0x7fff));
    assert_eq!(signed(Scalar::from_signed_load(Size::W)), (i32::MIN.into(), i32::MAX.into()));
    assert_eq!(Scalar::from_signed_load(Size::DW), Scalar::unknown());
}

#[test]
fn masks() {
    let s = alu(And, W64, Scalar::unknown(), 7);
    assert_eq!((unsigned(s), signed(s), low(s), s.tnum()), ((0, 7), (0, 7), (0, 7), Tnum::unknown(7)));
    let s = alu(And, W32, Scalar::unknown(), 0xfff0);
    assert_eq!((unsigned(s), s.align_known(16), s.align_known(32)), ((0, 0xfff0), true, false));
    // Rounding down keeps the lower bound.
    let s = alu(And, W64, Scalar::from_range(100, 200), -8);
    assert_eq!(unsigned(s), (96, 200));
    let s = alu(Or, W64, Scalar::from_range(16, 20), 3);
    assert_eq!(unsigned(s), (19, 23));
    // -errno or 0: r = x s>> 63; r &= -13.
    let s = alu(And, W64, alu(Arsh, W64, Scalar::unknown(), 63), -13);
    assert_eq!(signed(s), (-13, 0));
    // The floor of Linux: the sign, and the leading bits that both share.
    let s = Scalar::alu(And, W64, Scalar::from_signed_range(-5, 5), Scalar::from_signed_range(-3, 3));
    assert_eq!(signed(s), (-8, 5));
    // Two bytes put together.
    let high = alu(Lsh, W64, Scalar::from_range(1, 0xff), 8);
    assert_eq!(unsigned(Scalar::alu(Or, W64, high, Scalar::from_range(2, 5))), (0x102, 0xff05));
    assert_eq!(unsigned(Scalar::alu(Xor, W64, high, Scalar::from_range(2, 5))), (0x102, 0xff05));
    assert_eq!(signed(alu(Xor, W64, Scalar::from_range(2, 5), -1)), (-6, -3));
}

#[test]
fn sign_extension_by_shifts() {
    // r <<= 56; r s>>= 56 on a byte, and the same for every other size.
    for (size, up) in [(Size::B, 56), (Size::H, 48), (Size::W, 32)] {
        let s = alu(Arsh, W64, alu(Lsh, W64, Scalar::from_size(size), up), up);
        assert_eq!(s, Scalar::from_signed_load(size));
        let s = alu(Arsh, W64, alu(Lsh, W64, Scalar::unknown(), up), up);
        assert_eq!(s, Scalar::from_signed_load(size));
    }
    // An int in the lower half survives the round trip, and its range does too.
    let int = taken(Cond::Slt, W32, passed(Cond::Slt, W32, Scalar::unknown(), -3), 10);
    assert_eq!((signed_low(int), signed(int)), ((-3, 9), (i64::MIN, i64::MAX)));
    assert_eq!(signed(alu(Arsh, W64, alu(Lsh, W64, int, 32), 32)), (-3, 9));
    assert_eq!(signed(Scalar::alu(Movsx32, W64, c(0), int)), (-3, 9));
    // (u64)(u32)x by shifts.
    assert_eq!(unsigned(alu(Rsh, W64, alu(Lsh, W64, Scalar::unknown(), 32), 32)), (0, 0xffff_ffff));
    // 8 * (int)x in one go: r <<= 32; r s>>= 29.
    assert_eq!(signed(alu(Arsh, W64, alu(Lsh, W64, int, 32), 29)), (-24, 72));
}

#[test]
fn sign_extending_moves() {
    let any = Scalar::unknown();
    assert_eq!(Scalar::alu(Movsx8, W64, any, any), Scalar::from_signed_load(Size::B));
    assert_eq!(Scalar::alu(Movsx16, W64, any, any), Scalar::from_signed_load(Size::H));
    assert_eq!(Scalar::alu(Movsx32, W64, any, any), Scalar::from_signed_load(Size::W));
    let s = Scalar::alu(Movsx8, W32, any, any);
    assert_eq!((signed_low(s), unsigned(s)), ((-0x80, 0x7f), (0, 0xffff_ffff)));
    // A byte that wraps round inside the kept bits is still one range.
    let s = Scalar::alu(Movsx8, W64, any, Scalar::from_range(250, 260));
    assert_eq!(signed(s), (-6, 4));
    let s = Scalar::alu(Mov, W32, any, Scalar::from_signed_range(-2, 3));
    assert_eq!((signed_low(s), unsigned(s)), ((-2, 3), (0, 0xffff_ffff)));
    assert_eq!(Scalar::alu(Mov, W64, any, Scalar::from_signed_range(-2, 3)), Scalar::from_signed_range(-2, 3));
}

#[test]
fn bound_checks() {
    assert_eq!(unsigned(passed(Cond::Gt, W64, Scalar::unknown(), 10)), (0, 10));
    assert_eq!(unsigned(taken(Cond::Gt, W64, Scalar::unknown(), 10)), (11, u64::MAX));
    assert_eq!(signed(passed(Cond::Sgt, W64, passed(Cond::Slt, W64, Scalar::unknown(), 0), 40)), (0, 40));
    // r += -1; if r > 5: what was 0 wraps to the top.
    let s = passed(Cond::Gt, W64, alu(Add, W64, Scalar::unknown(), -1), 5);
    assert_eq!(unsigned(alu(Add, W64, s, 1)), (1, 6));
    let s = passed(Cond::Gt, W64, alu(Add, W64, Scalar::from_size(Size::H), -1), 5);
    assert_eq!(unsigned(s), (0, 5));
    // A constant that an end may not be.
    assert_eq!(unsigned(taken(Cond::Ne, W64, Scalar::from_size(Size::B), 0)), (1, 255));
    assert_eq!(unsigned(taken(Cond::Ne, W64, Scalar::from_size(Size::B), 255)), (0, 254));
    assert_eq!(unsigned(passed(Cond::Eq, W64, Scalar::unknown(), 0)), (1, u64::MAX));
    assert_eq!(taken(Cond::Ne, W64, alu(And, W64, Scalar::unknown(), 8), 0).as_constant(), Some(8));
    assert_eq!(taken(Cond::Eq, W64, Scalar::unknown(), 77).as_constant(), Some(77));
}

#[test]
fn checks_of_the_lower_half() {
    // w1 = *(u32 *)..; if w1 > 9 goto out; then r1 is an index.
    assert_eq!(unsigned(passed(Cond::Gt, W32, Scalar::from_size(Size::W), 9)), (0, 9));
    let s = passed(Cond::Gt, W32, Scalar::unknown(), 9);
    assert_eq!((low(s), unsigned(s)), ((0, 9), (0, 0xffff_ffff_0000_0009)));
    assert_eq!(unsigned(Scalar::alu(Mov, W32, c(0), s)), (0, 9));
    // An int that is checked on both sides, then used as an unsigned one.
    let s = taken(Cond::Slt, W32, passed(Cond::Slt, W32, Scalar::from_size(Size::W), 0), 10);
    assert_eq!(unsigned(s), (0, 9));
    // A range over one border of 2^32 and a lower half that is only on one side of it.
    let s = passed(Cond::Gt, W32, Scalar::from_range(0xffff_fff0, 0x1_0000_0010), 100);
    assert_eq!(unsigned(s), (0x1_0000_0000, 0x1_0000_0010));
    let s = taken(Cond::Gt, W32, Scalar::from_range(0xffff_fff0, 0x1_0000_0010), 100);
    assert_eq!(unsigned(s), (0xffff_fff0, 0xffff_ffff));
    // -1, 0 or 1 that is not negative.
    let s = passed(Cond::Slt, W32, Scalar::from_signed_range(-1, 1), 0);
    assert_eq!(signed(s), (0, 1));
    assert_eq!(unsigned(taken(Cond::Set, W32, Scalar::from_size(Size::B), 0x80)), (0x80, 0xff));
    assert_eq!(low(passed(Cond::Set, W32, Scalar::unknown(), !7)), (0, 7));
    // Equal lower halves, different upper ones.
    let both = Scalar::branch(Cond::Eq, W32, Scalar::from_range(1 << 32, (1 << 32) + 9), Scalar::from_range(5, 20));
    let (a, b) = both.taken.unwrap();
    assert_eq!((unsigned(a), unsigned(b)), (((1 << 32) + 5, (1 << 32) + 9), (5, 9)));
}

#[test]
fn registers_against_registers() {
    let (a, b) = (Scalar::from_range(5, 20), Scalar::from_range(0, 10));
    let less = Scalar::branch(Cond::Lt, W64, a, b);
    let (x, y) = less.taken.unwrap();
    assert_eq!((unsigned(x), unsigned(y)), ((5, 9), (6, 10)));
    let (x, y) = less.fallthrough.unwrap();
    assert_eq!((unsigned(x), unsigned(y)), ((5, 20), (0, 10)));
    let (x, y) = Scalar::branch(Cond::Sge, W64, b, a).taken.unwrap();
    assert_eq!((signed(x), signed(y)), ((5, 10), (5, 10)));
    let (x, y) = Scalar::branch(Cond::Eq, W64, a, b).taken.unwrap();
    assert_eq!((x, unsigned(y)), (y, (5, 10)));
}

#[test]
fn dead_ways() {
    let (small, large, negative) =
        (Scalar::from_range(0, 9), Scalar::from_range(10, 20), Scalar::from_signed_range(-9, -1));
    let (least, most) = (c(i64::MIN), c(i64::MAX));
    for (cond, a, b, holds) in [
        (Cond::Lt, small, large, Some(true)),
        (Cond::Le, small, c(9), Some(true)),
        (Cond::Gt, large, c(9), Some(true)),
        (Cond::Ge, large, c(11), None),
        (Cond::Eq, small, large, Some(false)),
        (Cond::Ne, small, large, Some(true)),
        (Cond::Slt, negative, small, Some(true)),
        (Cond::Sgt, negative, small, Some(false)),
        (Cond::Sle, most, least, Some(false)),
        (Cond::Sge, most, Scalar::unknown(), Some(true)),
        (Cond::Set, c(6), c(9), Some(false)),
        (Cond::Set, c(6), c(3), Some(true)),
        (Cond::Set, small, c(1), None),
        (Cond::Lt, Scalar::unknown(), c(0), Some(false)),
        (Cond::Slt, Scalar::unknown(), least, Some(false)),
    ] {
        let both = Scalar::branch(cond, W64, a, b);
        let ways = (both.taken.is_some(), both.fallthrough.is_some());
        assert_eq!(ways, (holds != Some(false), holds != Some(true)), "{a:?} {cond:?} {b:?}");
    }
}

#[test]
fn products_quotients_remainders() {
    assert_eq!(unsigned(alu(Mul, W64, Scalar::from_range(2, 100), 24)), (48, 2400));
    assert_eq!(signed(alu(Mul, W64, Scalar::from_signed_range(-3, 5), -4)), (-20, 12));
    assert!(alu(Mul, W64, Scalar::from_size(Size::B), 24).align_known(8));
    assert_eq!(
        signed(Scalar::alu(Mul, W64, Scalar::from_signed_range(-3, 5), Scalar::from_signed_range(-7, 2))),
        (-35, 21)
    );
    assert_eq!(low(alu(Mul, W32, Scalar::from_range(0, 9), 3)), (0, 27));
    assert_eq!(unsigned(alu(Div, W64, Scalar::from_range(10, 100), 7)), (1, 14));
    assert_eq!(unsigned(alu(Div, W64, Scalar::unknown(), 0)), (0, 0));
    assert_eq!(unsigned(Scalar::alu(Div, W64, Scalar::from_range(10, 100), Scalar::from_range(0, 4))), (0, 100));
    assert_eq!(unsigned(Scalar::alu(Div, W64, Scalar::from_range(10, 100), Scalar::from_range(3, 4))), (2, 33));
    assert_eq!(unsigned(alu(Mod, W64, Scalar::unknown(), 10)), (0, 9));
    assert_eq!(unsigned(alu(Mod, W64, Scalar::from_range(3, 5), 10)), (3, 5));
    assert_eq!(unsigned(alu(Mod, W64, Scalar::from_range(23, 25), 10)), (3, 5));
    assert_eq!(unsigned(alu(Mod, W64, Scalar::from_range(3, 5), 0)), (3, 5));
    assert_eq!(unsigned(Scalar::alu(Mod, W64, Scalar::unknown(), Scalar::from_range(1, 16))), (0, 15));
    assert_eq!(signed(alu(Sdiv, W64, Scalar::from_signed_range(-20, 7), 3)), (-6, 2));
    assert_eq!(signed(alu(Sdiv, W64, Scalar::from_signed_range(-20, 7), -2)), (-3, 10));
    assert_eq!(alu(Sdiv, W64, c(i64::MIN), -1).as_constant(), Some(1 << 63));
    assert_eq!(signed(alu(Smod, W64, Scalar::unknown(), 10)), (-9, 9));
    assert_eq!(signed(alu(Smod, W64, Scalar::from_signed_range(-3, 100), -8)), (-3, 7));
    assert_eq!(signed(alu(Smod, W64, Scalar::from_signed_range(-3, 5), 8)), (-3, 5));
    assert_eq!(signed(alu(Smod, W64, Scalar::from_signed_range(-25, -23), 10)), (-5, -3));
    assert_eq!(signed(alu(Smod, W64, Scalar::from_signed_range(-3, 5), 0)), (-3, 5));
    assert!(alu(Mod, W64, alu(Mul, W64, Scalar::from_size(Size::B), 4), 12).align_known(4));
}

#[test]
fn shifts() {
    assert_eq!(unsigned(alu(Rsh, W64, Scalar::from_size(Size::W), 28)), (0, 15));
    assert_eq!(unsigned(alu(Lsh, W64, Scalar::from_range(1, 9), 3)), (8, 72));
    assert_eq!(unsigned(alu(Rsh, W32, Scalar::unknown(), 31)), (0, 1));
    assert_eq!(signed(alu(Arsh, W64, Scalar::unknown(), 63)), (-1, 0));
    // The machine masks the count: 67 is 3, and for 32 bits 35 is 3. Nothing is made of that, as in Linux.
    assert_eq!(unsigned(alu(Lsh, W64, Scalar::from_range(1, 9), 67)), (0, u64::MAX));
    assert_eq!(unsigned(alu(Lsh, W32, Scalar::from_range(1, 9), 35)), (0, u32::MAX.into()));
    assert_eq!(alu(Lsh, W32, c(1), 32).as_constant(), None);
    // 1 << (x & 7)
    let count = alu(And, W64, Scalar::unknown(), 7);
    let s = Scalar::alu(Lsh, W64, c(1), count);
    assert_eq!((unsigned(s), s.tnum()), ((1, 128), Tnum::unknown(255)));
    assert_eq!(unsigned(Scalar::alu(Rsh, W64, Scalar::from_range(64, 255), count)), (0, 255));
    assert_eq!(signed(Scalar::alu(Arsh, W64, Scalar::from_signed_range(-8, 5), Scalar::from_range(1, 2))), (-4, 2));
    assert_eq!(Scalar::alu(Lsh, W64, c(1), Scalar::unknown()).as_constant(), None);
}

#[test]
fn one_operand() {
    assert_eq!(signed(Scalar::unary(UnaryOp::Neg, W64, Scalar::from_range(1, 5))), (-5, -1));
    assert_eq!(signed_low(Scalar::unary(UnaryOp::Neg, W32, Scalar::from_range(1, 5))), (-5, -1));
    assert_eq!(unsigned(Scalar::unary(UnaryOp::Be16, W64, Scalar::unknown())), (0, 0xffff));
    assert_eq!(Scalar::unary(UnaryOp::Be16, W64, Scalar::from_size(Size::B)).tnum(), Tnum::unknown(0xff00));
    assert_eq!(unsigned(Scalar::unary(UnaryOp::Le16, W64, Scalar::from_range(3, 5))), (3, 5));
    assert_eq!(unsigned(Scalar::unary(UnaryOp::Le32, W64, Scalar::unknown())), (0, 0xffff_ffff));
    assert_eq!(Scalar::unary(UnaryOp::Le64, W64, Scalar::from_range(3, 5)), Scalar::from_range(3, 5));
    assert_eq!(unsigned(Scalar::unary(UnaryOp::Bswap32, W64, Scalar::unknown())), (0, 0xffff_ffff));
    assert_eq!(Scalar::unary(UnaryOp::Bswap64, W64, Scalar::from_size(Size::B)).tnum(), Tnum::unknown(0xff << 56));
}

#[test]
fn sums_and_differences() {
    assert_eq!(unsigned(Scalar::alu(Add, W64, Scalar::from_range(1, 5), Scalar::from_range(10, 20))), (11, 25));
    assert_eq!(signed(Scalar::alu(Sub, W64, Scalar::from_range(1, 5), Scalar::from_range(10, 20))), (-19, -5));
    assert_eq!(
        Scalar::alu(Add, W64, Scalar::from_range(0, 1 << 63), Scalar::from_range(0, 1 << 63)),
        Scalar::unknown()
    );
    // A wrapping 32-bit sum: only the lower half is known to be one range.
    let s = alu(Add, W32, Scalar::from_range(0, 9), -5);
    assert_eq!((signed_low(s), unsigned(s)), ((-5, 4), (0, 0xffff_ffff)));
    assert_eq!(unsigned(taken(Cond::Lt, W32, s, 3)), (0, 2));
}
