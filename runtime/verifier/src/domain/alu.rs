//! Arithmetic on abstract numbers.
//!
//! Invariants:
//!
//! 1. For all members `x` of `a` and `y` of `b`, `op.eval(width, x, y)` is a member of `alu(op, width, a, b)`.
//! 2. A 32-bit operation reads the lower halves alone and leaves a zero upper half.
//! 3. Constants in give a constant out.
//!
//! Each operation is written once, on a [`Word`], and used for both widths. A 64-bit operation whose lower half
//! depends on the operands' lower halves alone is done on those too.

use super::range::floor;
use super::word::Word;
use super::{Arc, Number, Tnum};
use stingless_isa::{AluOp, UnaryOp, Width};

impl<const N: u32, const H: u32> Number<N, H> {
    /// What `a op b` may be. `b` is the source register, or the immediate sign-extended to 64 bits.
    #[must_use]
    pub fn alu(op: AluOp, width: Width, a: Self, b: Self) -> Self {
        match width {
            Width::W32 if fault!(1) && op == AluOp::Mov => b,
            Width::W32 if fault!(2) && op == AluOp::Rsh => Self::alu_wide(op, a, b),
            Width::W32 if fault!(3) && op == AluOp::Add => Self::alu_wide(op, a, b),
            Width::W32 => Self::zero_extended(transfer(op, a.low(), b.low(), kept_bits::<N>(op))),
            Width::W64 => Self::alu_wide(op, a, b),
        }
    }

    /// Whether a 64-bit operation gives any number because one side is any number: whatever the other side is, each result
    /// has its operand.
    fn gives_any(op: AluOp, a: &Self, b: &Self) -> bool {
        match op {
            AluOp::Add | AluOp::Sub | AluOp::Xor => a.is_unknown() || b.is_unknown(),
            // A multiplication by an odd number loses nothing.
            AluOp::Mul => a.is_unknown() && b.tnum().value() & 1 != 0 || b.is_unknown() && a.tnum().value() & 1 != 0,
            AluOp::Div
            | AluOp::Sdiv
            | AluOp::Mod
            | AluOp::Smod
            | AluOp::Or
            | AluOp::And
            | AluOp::Lsh
            | AluOp::Rsh
            | AluOp::Arsh
            | AluOp::Mov
            | AluOp::Movsx8
            | AluOp::Movsx16
            | AluOp::Movsx32 => false,
        }
    }

    fn alu_wide(op: AluOp, a: Self, b: Self) -> Self {
        if Self::gives_any(op, &a, &b) {
            return Self::unknown();
        }
        let (mut x, mut y) = (a.wide(), b.wide());
        // These drop the upper half of an operand, so its lower half, read as a whole number, says more.
        match op {
            AluOp::Mov => return b,
            AluOp::Lsh if counts(y).0 >= H => x.arc = widened(a.low_arc()),
            AluOp::Movsx8 | AluOp::Movsx16 | AluOp::Movsx32 => y.arc = widened(b.low_arc()),
            AluOp::Add
            | AluOp::Sub
            | AluOp::Mul
            | AluOp::Div
            | AluOp::Sdiv
            | AluOp::Mod
            | AluOp::Smod
            | AluOp::Or
            | AluOp::And
            | AluOp::Xor
            | AluOp::Lsh
            | AluOp::Rsh
            | AluOp::Arsh => {}
        }
        let word = transfer(op, x, y, kept_bits::<N>(op));
        Self::settled(word.known, word.arc, Self::alu_low(op, a, b))
    }

    /// The lower half of `a op b`, as far as the operands' lower halves give it.
    fn alu_low(op: AluOp, a: Self, b: Self) -> Arc<H> {
        let (x, y) = (a.low(), b.low());
        match op {
            AluOp::Add => x.arc.add(y.arc),
            AluOp::Sub => x.arc.sub(y.arc),
            AluOp::Mul => x.arc.mul(y.arc),
            AluOp::Or => or(x, y),
            AluOp::And => and(x, y),
            AluOp::Xor => xor(x, y),
            AluOp::Lsh => match counts(b.wide()) {
                (least, most) if most < H => lsh(x.arc, least, most),
                _ => Arc::FULL,
            },
            AluOp::Mov => y.arc,
            AluOp::Movsx8 | AluOp::Movsx16 | AluOp::Movsx32 => sign_extend(y, kept_bits::<N>(op)).arc,
            AluOp::Div | AluOp::Sdiv | AluOp::Mod | AluOp::Smod | AluOp::Rsh | AluOp::Arsh => Arc::FULL,
        }
    }

    /// What `-a` may be.
    #[must_use]
    pub fn neg(width: Width, a: Self) -> Self {
        if fault!(19) && width == Width::W64 && a.smin() >= 0 {
            return Self::from_signed_range(-a.smin(), -a.smin());
        }
        Self::alu(AluOp::Sub, width, Self::constant(0), a)
    }
}

impl Number<64, 32> {
    /// What `op a` may be.
    #[must_use]
    pub fn unary(op: UnaryOp, width: Width, a: Self) -> Self {
        let low = |bytes: u32| Self::alu(AluOp::And, Width::W64, a, Self::constant(u64::MAX >> (64 - 8 * bytes)));
        match op {
            UnaryOp::Neg => Self::neg(width, a),
            UnaryOp::Le16 => low(2),
            UnaryOp::Le32 => low(4),
            UnaryOp::Le64 => a,
            UnaryOp::Be16 | UnaryOp::Bswap16 => swap_bytes(a, 2),
            UnaryOp::Be32 | UnaryOp::Bswap32 => swap_bytes(a, 4),
            UnaryOp::Be64 | UnaryOp::Bswap64 => swap_bytes(a, 8),
        }
    }
}

/// The low `bytes` bytes in reverse order; bits move, so nothing but known bits survives.
fn swap_bytes(a: Number<64, 32>, bytes: u32) -> Number<64, 32> {
    let swap = |x: u64| x.swap_bytes() >> (64 - 8 * bytes);
    if fault!(17) {
        return Number::alu(AluOp::And, Width::W64, a, Number::constant(u64::MAX >> (64 - 8 * bytes)));
    }
    let (value, mask) = (swap(a.tnum().value()), swap(a.tnum().mask()));
    Number::from_tnum(Tnum::constant(value).replace(mask, Tnum::unknown(mask)))
}

/// How many low bits a sign-extending move keeps: 8, 16 or 32 of 64; all for any other operation.
const fn kept_bits<const N: u32>(op: AluOp) -> u32 {
    match op {
        AluOp::Movsx8 => N / 8,
        AluOp::Movsx16 => N / 4,
        AluOp::Movsx32 => N / 2,
        AluOp::Add
        | AluOp::Sub
        | AluOp::Mul
        | AluOp::Div
        | AluOp::Sdiv
        | AluOp::Mod
        | AluOp::Smod
        | AluOp::Or
        | AluOp::And
        | AluOp::Xor
        | AluOp::Lsh
        | AluOp::Rsh
        | AluOp::Arsh
        | AluOp::Mov => N,
    }
}

/// A lower half's range as one of whole numbers that end in those halves.
const fn widened<const N: u32, const H: u32>(low: Arc<H>) -> Arc<N> {
    Arc::new(low.base(), low.span())
}

/// `a op b` in one width; a sign-extending move keeps `kept` bits.
fn transfer<const B: u32>(op: AluOp, a: Word<B>, b: Word<B>, kept: u32) -> Word<B> {
    let (known, arc) = match op {
        AluOp::Add if fault!(14) => (
            Tnum::constant(0)
                .replace(
                    u64::MAX,
                    Tnum::constant(a.known.value().wrapping_add(b.known.value()) & !(a.known.mask() | b.known.mask())),
                )
                .union(Tnum::unknown(a.known.mask() | b.known.mask())),
            a.arc.add(b.arc),
        ),
        AluOp::Add => (a.known.add(b.known), a.arc.add(b.arc)),
        AluOp::Sub if fault!(16) => {
            (Tnum::unknown(Arc::<B>::MASK), Arc::new(a.arc.base().wrapping_sub(b.arc.base()), a.arc.span()))
        }
        AluOp::Sub => (a.known.sub(b.known), a.arc.sub(b.arc)),
        AluOp::Mul if fault!(15) => (Tnum::unknown(a.known.max() | b.known.max()), a.arc.mul(b.arc)),
        AluOp::Mul => (a.known.mul(b.known), a.arc.mul(b.arc)),
        AluOp::Div => (Tnum::unknown(Arc::<B>::MASK), div(a, b)),
        AluOp::Sdiv => (Tnum::unknown(Arc::<B>::MASK), sdiv(a, b)),
        AluOp::Mod => (remainder_bits(a, b), rem(a, b)),
        AluOp::Smod => (remainder_bits(a, b), srem(a, b)),
        AluOp::Or => (a.known.or(b.known), or(a, b)),
        AluOp::And => (a.known.and(b.known), and(a, b)),
        AluOp::Xor => (a.known.xor(b.known), xor(a, b)),
        AluOp::Lsh => {
            let (least, most) = counts(b);
            (shifted(b, |count| a.known.lsh(count)), lsh(a.arc, least, most))
        }
        AluOp::Rsh => (shifted(b, |count| a.known.rsh(count)), rsh(a, b)),
        AluOp::Arsh if fault!(7) => (shifted(b, |count| a.known.rsh(count)), rsh(a, b)),
        AluOp::Arsh => (shifted(b, |count| a.known.arsh(B, count)), arsh(a, b)),
        AluOp::Mov => (b.known, b.arc),
        AluOp::Movsx8 | AluOp::Movsx16 | AluOp::Movsx32 => return sign_extend(b, kept),
    };
    Word { known: known.truncate(Arc::<B>::MASK), arc }
}

/// What two true ranges leave. They cannot be disjoint unless an operand was empty.
fn meet<const B: u32>(a: Arc<B>, b: Arc<B>) -> Arc<B> {
    a.intersect(b).unwrap_or(a)
}

/// The range of a number whose ones all lie in `bits`.
const fn up_to<const B: u32>(bits: u64) -> Arc<B> {
    Arc::between(0, bits & Arc::<B>::MASK)
}

fn and<const B: u32>(a: Word<B>, b: Word<B>) -> Arc<B> {
    if fault!(5) {
        return Arc::between(a.unsigned().0.min(b.unsigned().0), a.unsigned().1.min(b.unsigned().1));
    }
    let arc = up_to(a.unsigned().1.min(b.unsigned().1));
    // a & b = a - (a & !b): exact when `b` takes few bits off, whatever seam `a` crosses.
    let arc = meet(arc, a.arc.sub(up_to(a.known.max() & !b.known.value())));
    let arc = meet(arc, b.arc.sub(up_to(b.known.max() & !a.known.value())));
    // The leading ones that both share stay; and no bit is added, so the result is not above the larger operand.
    let least = floor(a.signed().0.min(b.signed().0));
    meet(arc, Arc::between(least as u64, a.signed().1.max(b.signed().1) as u64))
}

fn or<const B: u32>(a: Word<B>, b: Word<B>) -> Arc<B> {
    // a | b = !(!a & !b), and a | b = a + b - (a & b).
    let common = up_to(a.known.max() & b.known.max());
    if fault!(4) {
        return Arc::between(0, a.unsigned().1.max(b.unsigned().1));
    }
    meet(and(complement(a), complement(b)).not(), a.arc.add(b.arc).sub(common))
}

fn xor<const B: u32>(a: Word<B>, b: Word<B>) -> Arc<B> {
    // a ^ b = (a | b) - (a & b), and a ^ b = a + b - 2 * (a & b).
    if fault!(6) {
        return up_to(a.unsigned().1.max(b.unsigned().1));
    }
    let twice_common = up_to((a.known.max() & b.known.max()) << 1);
    meet(or(a, b).sub(and(a, b)), a.arc.add(b.arc).sub(twice_common))
}

const fn complement<const B: u32>(a: Word<B>) -> Word<B> {
    Word { known: a.known.not().truncate(Arc::<B>::MASK), arc: a.arc.not() }
}

/// The smallest and the largest shift count. One that may be too large for the width is any: engines mask it, but a
/// program that counts on that is most likely wrong (and refused by Linux).
fn counts<const B: u32>(b: Word<B>) -> (u32, u32) {
    let (least, most) = b.unsigned();
    if most < u64::from(B) { (least as u32, most as u32) } else { (0, B - 1) }
}

/// The union of `shift(count)` over the possible counts.
fn shifted<const B: u32>(b: Word<B>, shift: impl Fn(u32) -> Tnum) -> Tnum {
    let (least, most) = counts(b);
    // What is known of a count tells nothing of what the masking leaves of it.
    let masked = b.unsigned().1 >= u64::from(B);
    let possible = |count: u32| masked || b.known.contains(u64::from(count));
    (least + 1..=most).filter(|&count| possible(count)).fold(shift(least), |all, count| all.union(shift(count)))
}

/// A shift to the left is a multiplication by a power of two.
fn lsh<const B: u32>(a: Arc<B>, least: u32, most: u32) -> Arc<B> {
    if least == most {
        return if !fault!(8) && a.span() > Arc::<B>::MASK >> least {
            Arc::FULL
        } else {
            Arc::new(a.base() << least, a.span() << least)
        };
    }
    a.mul(Arc::between(1 << least, 1 << most))
}

fn rsh<const B: u32>(a: Word<B>, b: Word<B>) -> Arc<B> {
    let ((first, last), (least, most)) = (a.unsigned(), counts(b));
    if fault!(18) {
        return Arc::between(first >> least, last >> least);
    }
    Arc::between(first >> most, last >> least)
}

fn arsh<const B: u32>(a: Word<B>, b: Word<B>) -> Arc<B> {
    let ((first, last), (least, most)) = (a.signed(), counts(b));
    // Shifting moves a number towards 0 or -1, farther for a larger count.
    let first = (first >> least).min(first >> most);
    let last = (last >> least).max(last >> most);
    Arc::between(first as u64, last as u64)
}

/// Shifts the kept bits to the top and back.
fn sign_extend<const B: u32>(b: Word<B>, kept: u32) -> Word<B> {
    let count = B - kept;
    if fault!(13) {
        return Word { known: b.known.truncate(u64::MAX >> (64 - kept)), arc: up_to(u64::MAX >> (64 - kept)) };
    }
    let known = b.known.lsh(count).truncate(Arc::<B>::MASK);
    let up = Word { known, arc: lsh(b.arc, count, count) };
    let up = Word { known, arc: up.tighten().unwrap_or(Arc::FULL) };
    Word { known: known.arsh(B, count).truncate(Arc::<B>::MASK), arc: arsh(up, Word::constant(u64::from(count))) }
}

fn div<const B: u32>(a: Word<B>, b: Word<B>) -> Arc<B> {
    let ((a_min, a_max), (b_min, b_max)) = (a.unsigned(), b.unsigned());
    // By zero gives 0, which is below every other quotient.
    let least = if b_min == 0 && !fault!(9) { 0 } else { a_min / b_max.max(1) };
    let most = if b_max == 0 { 0 } else { a_max / b_min.max(1) };
    Arc::between(least, most)
}

fn sdiv<const B: u32>(a: Word<B>, b: Word<B>) -> Arc<B> {
    let ((a_min, a_max), (b_min, b_max)) = (a.signed(), b.signed());
    let negative = (b_min < 0 && !(fault!(11) && b_max > 0)).then(|| [b_min, b_max.min(-1)]);
    let positive = (b_max > 0).then(|| [b_min.max(1), b_max]);
    // For divisors of one sign the quotient is monotonic in each operand: the extremes are at the corners. MIN / -1 is
    // one above the largest number here, and wraps to MIN on the circle as it does in the machine.
    let corners = negative.into_iter().chain(positive).flatten();
    let quotients = corners.flat_map(|d| [a_min, a_max].map(|n| i128::from(n) / i128::from(d)));
    let by_zero = (b_min <= 0 && b_max >= 0).then_some(0);
    let (least, most) = quotients.chain(by_zero).fold((i128::MAX, i128::MIN), |(l, m), q| (l.min(q), m.max(q)));
    Arc::of_integers(least, most)
}

/// A remainder differs from the dividend by a multiple of the divisor, so the low bits that are zero in every divisor
/// are the dividend's. Dividing by zero keeps them all.
fn remainder_bits<const B: u32>(a: Word<B>, b: Word<B>) -> Tnum {
    let same = match b.known.max() {
        0 => Arc::<B>::MASK,
        ones => (ones & ones.wrapping_neg()) - 1,
    };
    Tnum::unknown(Arc::<B>::MASK).replace(same, a.known)
}

fn rem<const B: u32>(a: Word<B>, b: Word<B>) -> Arc<B> {
    let ((a_min, a_max), (b_min, b_max)) = (a.unsigned(), b.unsigned());
    if b_max == 0 || a_max < b_min {
        return a.arc;
    }
    if b_min == 0 && fault!(10) {
        return Arc::between(0, b_max - 1);
    }
    if b_min == 0 {
        return Arc::between(0, a_max);
    }
    if b_min == b_max && a_min / b_min == a_max / b_min {
        return Arc::between(a_min % b_min, a_max % b_min);
    }
    Arc::between(0, a_max.min(b_max - 1))
}

fn srem<const B: u32>(a: Word<B>, b: Word<B>) -> Arc<B> {
    let ((a_min, a_max), (b_min, b_max)) = (a.signed(), b.signed());
    if b_min <= 0 && b_max >= 0 {
        return if b_min == b_max { a.arc } else { Arc::between(a_min.min(0) as u64, a_max.max(0) as u64) };
    }
    let (one, two) = (b_min.unsigned_abs(), b_max.unsigned_abs());
    if a_min.unsigned_abs().max(a_max.unsigned_abs()) < one.min(two) {
        return a.arc;
    }
    if b_min == b_max && a_min.wrapping_div(b_min) == a_max.wrapping_div(b_min) {
        return Arc::between(a_min.wrapping_rem(b_min) as u64, a_max.wrapping_rem(b_min) as u64);
    }
    // The sign of the dividend, at most its magnitude, and a magnitude below the divisor's, which fits: it is not zero.
    let bound = (one.max(two) - 1) as i64;
    if fault!(12) {
        return Arc::between(0, bound as u64);
    }
    Arc::between(a_min.clamp(-bound, 0) as u64, a_max.clamp(0, bound) as u64)
}
