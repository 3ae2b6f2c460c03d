//! What a branch teaches of its two operands.
//!
//! Invariants:
//!
//! 1. For every pair of members for which the condition holds, `taken` is there and has the pair; the same for
//!    `fallthrough` and the pairs for which it does not hold.
//! 2. A refined range is never longer than it was. (It need not lie within it: a bound that cuts a range in two pieces
//!    is kept instead of the range if it is the shorter one.)

use super::{Arc, Number, Tnum};
use stingless_isa::{Cond, Width};

/// The operands after a branch, on both ways; `None` is a way that no run takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Branch<const N: u32 = 64, const H: u32 = 32> {
    /// `(dst, src)` where the condition holds.
    pub taken: Option<(Number<N, H>, Number<N, H>)>,
    /// `(dst, src)` where it does not.
    pub fallthrough: Option<(Number<N, H>, Number<N, H>)>,
}

/// The comparisons that are left when `>` is a turned `<` and "not" is a relation of its own.
#[derive(Clone, Copy)]
enum Relation {
    Eq,
    Ne,
    Lt,
    Le,
    Slt,
    Sle,
    Set,
    Clear,
}

impl<const N: u32, const H: u32> Number<N, H> {
    /// Both outcomes of `if a cond b`, comparing the lower halves if `width` is [`Width::W32`].
    #[must_use]
    pub fn branch(cond: Cond, width: Width, a: Self, b: Self) -> Branch<N, H> {
        use Relation::{Clear, Eq, Le, Lt, Ne, Set, Sle, Slt};
        let ((taken, turned), (not, not_turned)) = match cond {
            Cond::Eq => ((Eq, false), (Ne, false)),
            Cond::Ne => ((Ne, false), (Eq, false)),
            Cond::Gt => ((Lt, true), (Le, false)),
            Cond::Ge => ((Le, true), (Lt, false)),
            Cond::Lt => ((Lt, false), (Le, true)),
            Cond::Le => ((Le, false), (Lt, true)),
            Cond::Set => ((Set, false), (Clear, false)),
            Cond::Sgt => ((Slt, true), (Sle, false)),
            Cond::Sge => ((Sle, true), (Slt, false)),
            Cond::Slt => ((Slt, false), (Sle, true)),
            Cond::Sle => ((Sle, false), (Slt, true)),
        };
        Branch { taken: turn(taken, turned, width, a, b), fallthrough: turn(not, not_turned, width, a, b) }
    }

    /// `[umin, umax]` of the compared part.
    const fn unsigned(&self, width: Width) -> (u64, u64) {
        match width {
            Width::W64 => self.wide().unsigned(),
            Width::W32 => self.low().unsigned(),
        }
    }

    /// `[smin, smax]` of the compared part.
    const fn signed(&self, width: Width) -> (i64, i64) {
        match width {
            Width::W64 => self.wide().signed(),
            Width::W32 => self.low().signed(),
        }
    }

    /// Known bits of the compared part.
    const fn bits(&self, width: Width) -> Tnum {
        self.tnum().truncate(mask::<N, H>(width))
    }
}

type Pair<const N: u32, const H: u32> = Option<(Number<N, H>, Number<N, H>)>;

/// All ones in the compared part.
const fn mask<const N: u32, const H: u32>(width: Width) -> u64 {
    match width {
        Width::W64 => Arc::<N>::MASK,
        Width::W32 => Arc::<H>::MASK,
    }
}

/// The smallest signed number of the compared part.
const fn signed_min<const N: u32, const H: u32>(width: Width) -> u64 {
    mask::<N, H>(width) ^ (mask::<N, H>(width) >> 1)
}

/// `assume` with the operands turned round.
fn turn<const N: u32, const H: u32>(
    relation: Relation,
    turned: bool,
    width: Width,
    a: Number<N, H>,
    b: Number<N, H>,
) -> Pair<N, H> {
    if turned { assume(relation, width, b, a).map(|(b, a)| (a, b)) } else { assume(relation, width, a, b) }
}

/// What is left of `a` and `b` when `a relation b` holds; `None` if it cannot.
fn assume<const N: u32, const H: u32>(r: Relation, width: Width, a: Number<N, H>, b: Number<N, H>) -> Pair<N, H> {
    match r {
        Relation::Eq => equal(width, a, b),
        Relation::Ne => Some((without(width, a, b)?, without(width, b, a)?)),
        Relation::Lt => less(width, a, b, 1),
        Relation::Le => less(width, a, b, u64::from(fault!(24))),
        Relation::Slt if fault!(26) => less(width, a, b, 1),
        Relation::Slt => signed_less(width, a, b, 1),
        Relation::Sle => signed_less(width, a, b, u64::from(fault!(25))),
        Relation::Set => some_common_bit(width, a, b),
        Relation::Clear => no_common_bit(width, a, b),
    }
}

fn equal<const N: u32, const H: u32>(width: Width, a: Number<N, H>, b: Number<N, H>) -> Pair<N, H> {
    match width {
        Width::W64 => a.intersect(&b).map(|both| (both, both)),
        Width::W32 if fault!(28) => a.intersect(&b).map(|both| (both, both)),
        Width::W32 => Some((a.with_low(&b)?, b.with_low(&a)?)),
    }
}

/// `a` without `b`, if `b` is one number.
fn without<const N: u32, const H: u32>(width: Width, a: Number<N, H>, b: Number<N, H>) -> Option<Number<N, H>> {
    let (first, last) = b.unsigned(width);
    if first != last && !fault!(27) {
        return Some(a);
    }
    // Everything but one number is an arc: it takes the number off if that is at an end.
    a.within(width, first.wrapping_add(1), first.wrapping_sub(1))
}

/// `a + gap <= b`, where `gap` is 0 or 1.
fn less<const N: u32, const H: u32>(width: Width, a: Number<N, H>, b: Number<N, H>, gap: u64) -> Pair<N, H> {
    // If `least` wraps, `a` is the largest number alone, and goes.
    let least = a.unsigned(width).0.wrapping_add(gap);
    let most = b.unsigned(width).1.checked_sub(gap)?;
    Some((a.within(width, 0, most)?, b.within(width, least, mask::<N, H>(width))?))
}

/// `a + gap <= b`, signed, where `gap` is 0 or 1.
fn signed_less<const N: u32, const H: u32>(width: Width, a: Number<N, H>, b: Number<N, H>, gap: u64) -> Pair<N, H> {
    let (low, high) = (signed_min::<N, H>(width), signed_min::<N, H>(width) - 1);
    let (least, most) = (a.signed(width).0 as u64, b.signed(width).1 as u64);
    if gap == 1 && most & mask::<N, H>(width) == low {
        return None;
    }
    Some((a.within(width, low, most.wrapping_sub(gap))?, b.within(width, least.wrapping_add(gap), high)?))
}

/// `a & b != 0`.
fn some_common_bit<const N: u32, const H: u32>(width: Width, a: Number<N, H>, b: Number<N, H>) -> Pair<N, H> {
    let common = a.bits(width).max() & b.bits(width).max();
    if common == 0 {
        return None;
    }
    let lowest = common & common.wrapping_neg();
    let top = mask::<N, H>(width);
    let (mut a, mut b) = (a.within(width, lowest, top)?, b.within(width, lowest, top)?);
    if common == lowest || fault!(23) {
        let one = Tnum::unknown(Arc::<N>::MASK).replace(common, Tnum::constant(common));
        (a, b) = (a.with_bits(one)?, b.with_bits(one)?);
    }
    Some((a, b))
}

/// `a & b == 0`.
fn no_common_bit<const N: u32, const H: u32>(width: Width, a: Number<N, H>, b: Number<N, H>) -> Pair<N, H> {
    let zeros = |ones: u64| Tnum::unknown(Arc::<N>::MASK & !ones);
    if fault!(22) {
        return Some((a.with_bits(zeros(b.bits(width).max()))?, b));
    }
    Some((a.with_bits(zeros(b.bits(width).value()))?, b.with_bits(zeros(a.bits(width).value()))?))
}
