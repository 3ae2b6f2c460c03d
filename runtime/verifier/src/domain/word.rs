//! One width's view of a number: known bits times one arc.
//!
//! Invariants:
//!
//! 1. Both parts have `B` bits.
//! 2. The transfer functions assume that the ends of the arc are members of the known bits (`tighten`), which makes
//!    the bounds below exact for an arc that does not cross the seam in question.

use super::{Arc, Tnum};

/// Known bits and range of a `B`-bit number.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Word<const B: u32> {
    pub(super) known: Tnum,
    pub(super) arc: Arc<B>,
}

impl<const B: u32> Word<B> {
    /// The one number `x`; bits above the width are dropped.
    pub(super) const fn constant(x: u64) -> Word<B> {
        Word { known: Tnum::constant(x & Arc::<B>::MASK), arc: Arc::point(x) }
    }

    /// The number, if there is just one.
    pub(super) const fn as_constant(self) -> Option<u64> {
        if self.arc.span() == 0 { Some(self.arc.base()) } else { None }
    }

    /// Smallest and largest unsigned member.
    pub(super) const fn unsigned(self) -> (u64, u64) {
        if self.arc.crosses_zero() { (self.known.value(), self.known.max()) } else { (self.arc.base(), self.arc.end()) }
    }

    /// Smallest and largest signed member.
    pub(super) const fn signed(self) -> (i64, i64) {
        let (first, last) = if self.arc.crosses_sign() {
            let sign = self.known.mask() & Arc::<B>::SIGN;
            (self.known.value() | sign, self.known.max() & !sign)
        } else {
            (self.arc.base(), self.arc.end())
        };
        (Arc::<B>::signed(first), Arc::<B>::signed(last))
    }

    /// The smallest arc with every member, its ends members of the known bits; `None` if there is no member.
    pub(super) const fn tighten(self) -> Option<Arc<B>> {
        let (base, end) = (self.arc.base(), self.arc.end());
        let skip = self.known.at_or_after(base).wrapping_sub(base) & Arc::<B>::MASK;
        if skip > self.arc.span() {
            return None;
        }
        let drop = end.wrapping_sub(self.known.at_or_before(end)) & Arc::<B>::MASK;
        Some(Arc::new(base.wrapping_add(skip), self.arc.span() - skip - drop))
    }

    /// The known bits, and those that the range fixes: the common leading bits of its ends. `None` if they contradict.
    pub(super) const fn learn_bits(self) -> Option<Tnum> {
        if self.arc.crosses_zero() {
            return Some(self.known);
        }
        let differ = self.arc.base() ^ self.arc.end();
        let free = match u64::MAX.checked_shr(differ.leading_zeros()) {
            Some(free) => free,
            None => 0,
        };
        self.known.intersect(Tnum::unknown(free).replace(!free, Tnum::constant(self.arc.base())))
    }
}
