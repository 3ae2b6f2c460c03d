//! The abstract number of a register.
//!
//! Invariants ([`Number::check_invariants`]):
//!
//! 1. `known`, `arc` and `low` keep their own invariants, and `known` and `arc` have `N` bits, `low` has `H = N / 2`.
//! 2. A number is never empty, so no minimum is above its maximum: both ends of `arc` are members of `known`, and
//!    their lower halves are in `low`.
//! 3. Both ends of `low` are members of the lower half of `known`, and of the lower halves of `arc`.
//! 4. Bits that an arc fixes (it does not cross zero and its ends share leading bits) are known bits.
//!
//! `reduce` establishes 2 to 4: it lets each part shrink the others until nothing moves. Every step keeps all members,
//! so the bound on its rounds is a matter of precision alone.

use super::word::Word;
use super::{Arc, Tnum};
use stingless_isa::{Size, Width};

/// Rounds of the reduction. The tests show that no number of a small width needs more.
const ROUNDS: u32 = 6;

/// What is known of a number of `N` bits whose lower half has `H` bits.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Number<const N: u32, const H: u32> {
    known: Tnum,
    arc: Arc<N>,
    low_base: u32,
    low_span: u32,
}

/// What is known of a register.
pub type Scalar = Number<64, 32>;

const _: () = assert!(size_of::<Scalar>() == 40, "states hold hundreds of them");

impl<const N: u32, const H: u32> Number<N, H> {
    /// The one number `x`; bits above the width are dropped.
    #[must_use]
    pub const fn constant(x: u64) -> Self {
        let word = Word::<N>::constant(x);
        Self::raw(word.known, word.arc, Arc::point(x))
    }

    /// Any number.
    #[must_use]
    pub const fn unknown() -> Self {
        Self::raw(Tnum::unknown(Arc::<N>::MASK), Arc::FULL, Arc::FULL)
    }

    /// Whether this is any number.
    #[must_use]
    pub const fn is_unknown(&self) -> bool {
        // What one part does not bound, the others may.
        self.arc.is_full() && self.known.mask() == Arc::<N>::MASK && self.low_span as u64 == Arc::<H>::MASK
    }

    /// The numbers from `first` upwards to `last`; if `first > last`, those that are not between the two.
    #[must_use]
    pub fn from_range(first: u64, last: u64) -> Self {
        Self::from_arc(Arc::between(first, last))
    }

    /// The signed numbers from `first` upwards to `last`; if `first > last`, those that are not between the two.
    #[must_use]
    pub fn from_signed_range(first: i64, last: i64) -> Self {
        Self::from_range(first as u64, last as u64)
    }

    /// The members of an arc.
    #[must_use]
    pub fn from_arc(arc: Arc<N>) -> Self {
        Self::settled(Tnum::unknown(Arc::<N>::MASK), arc, Arc::FULL)
    }

    /// The numbers with these bits; bits above the width are dropped.
    #[must_use]
    pub fn from_tnum(known: Tnum) -> Self {
        Self::settled(known.truncate(Arc::<N>::MASK), Arc::FULL, Arc::FULL)
    }

    /// A lower half with a zero upper half.
    pub(super) fn zero_extended(low: Word<H>) -> Self {
        let (first, last) = low.unsigned();
        Self::settled(low.known, Arc::between(first, last), low.arc)
    }

    /// The number with these parts, unchecked.
    pub(super) const fn raw(known: Tnum, arc: Arc<N>, low: Arc<H>) -> Self {
        const { assert!(N == 2 * H) };
        Number { known, arc, low_base: low.base() as u32, low_span: low.span() as u32 }
    }

    /// The number with these parts, reduced; `None` if no number is in all of them.
    pub(super) fn reduced(known: Tnum, arc: Arc<N>, low: Arc<H>) -> Option<Self> {
        Self::raw(known, arc, low).reduce()
    }

    /// As [`Number::reduced`], for parts that cannot be empty together.
    ///
    /// They can if an operand was empty in a way that the reduction does not see; then any answer is sound.
    pub(super) fn settled(known: Tnum, arc: Arc<N>, low: Arc<H>) -> Self {
        Self::reduced(known, arc, low).unwrap_or(Self::unknown())
    }

    /// The view of the whole number.
    pub(super) const fn wide(&self) -> Word<N> {
        Word { known: self.known, arc: self.arc }
    }

    /// The view of the lower half.
    pub(super) const fn low(&self) -> Word<H> {
        let arc = Arc::new(self.low_base as u64, self.low_span as u64);
        Word { known: self.known.truncate(Arc::<H>::MASK), arc }
    }

    /// The number, if there is just one.
    #[must_use]
    pub const fn as_constant(&self) -> Option<u64> {
        self.wide().as_constant()
    }

    /// The known bits.
    #[must_use]
    pub const fn tnum(&self) -> Tnum {
        self.known
    }

    /// The range.
    #[must_use]
    pub const fn arc(&self) -> Arc<N> {
        self.arc
    }

    /// The range of the lower half.
    #[must_use]
    pub const fn low_arc(&self) -> Arc<H> {
        self.low().arc
    }

    /// The smallest member, unsigned.
    #[must_use]
    pub const fn umin(&self) -> u64 {
        self.wide().unsigned().0
    }

    /// The largest member, unsigned.
    #[must_use]
    pub const fn umax(&self) -> u64 {
        self.wide().unsigned().1
    }

    /// The smallest member, signed.
    #[must_use]
    pub const fn smin(&self) -> i64 {
        self.wide().signed().0
    }

    /// The largest member, signed.
    #[must_use]
    pub const fn smax(&self) -> i64 {
        self.wide().signed().1
    }

    /// The smallest lower half, unsigned.
    #[must_use]
    pub const fn u32_min(&self) -> u32 {
        self.low().unsigned().0 as u32
    }

    /// The largest lower half, unsigned.
    #[must_use]
    pub const fn u32_max(&self) -> u32 {
        self.low().unsigned().1 as u32
    }

    /// The smallest lower half, signed.
    #[must_use]
    pub const fn s32_min(&self) -> i32 {
        self.low().signed().0 as i32
    }

    /// The largest lower half, signed.
    #[must_use]
    pub const fn s32_max(&self) -> i32 {
        self.low().signed().1 as i32
    }

    /// Whether the upper half is known to be zero.
    #[must_use]
    pub const fn fits_u32(&self) -> bool {
        self.known.max() <= Arc::<H>::MASK
    }

    /// Whether the number is known to be a multiple of `n`, a power of two. False for any other `n`.
    #[must_use]
    pub const fn align_known(&self, n: u64) -> bool {
        n.is_power_of_two() && self.known.max() & (n - 1) == 0
    }

    /// Whether `x` may be the number.
    #[must_use]
    pub const fn contains(&self, x: u64) -> bool {
        self.known.contains(x) && self.arc.contains(x) && self.low_arc().contains(x & Arc::<H>::MASK)
    }

    /// Whether every part lies within that of `old`, so that what was proved for `old` holds for `self`.
    #[must_use]
    pub const fn is_subset_of(&self, old: &Self) -> bool {
        self.arc.is_subset_of(old.arc)
            && self.known.is_subset_of(old.known)
            && self.low_arc().is_subset_of(old.low_arc())
    }

    /// A number that has the members of both.
    #[must_use]
    pub fn join(&self, other: &Self) -> Self {
        let low = self.low_arc().hull(other.low_arc());
        Self::settled(self.known.union(other.known), self.arc.hull(other.arc), low)
    }

    /// A number that has the members of both, and that is reached from any start after a bounded number of steps.
    ///
    /// An end of a range that moved is taken to the next power of two. For loops of a join-based pass:
    /// `old` is what it had, `new` what comes round.
    #[must_use]
    pub fn widen(old: &Self, new: &Self) -> Self {
        let low = old.low_arc().widen(new.low_arc());
        Self::settled(old.known.union(new.known), old.arc.widen(new.arc), low)
    }

    /// A number that has the members that both have; `None` if there are none.
    #[must_use]
    pub fn intersect(&self, other: &Self) -> Option<Self> {
        let low = self.low_arc().intersect(other.low_arc())?;
        Self::reduced(self.known.intersect(other.known)?, self.arc.intersect(other.arc)?, low)
    }

    /// The members whose `width` part goes from `first` upwards to `last`; `None` if there are none.
    pub(super) fn within(&self, width: Width, first: u64, last: u64) -> Option<Self> {
        let (mut arc, mut low) = (self.arc, self.low_arc());
        match width {
            Width::W64 => arc = arc.intersect(Arc::between(first, last))?,
            Width::W32 if fault!(20) => arc = arc.intersect(Arc::between(first, last))?,
            Width::W32 => low = low.intersect(Arc::between(first, last))?,
        }
        // A bound that teaches nothing is the common case.
        if (arc, low) == (self.arc, self.low_arc()) { Some(*self) } else { Self::reduced(self.known, arc, low) }
    }

    /// The members that also have these bits; `None` if there are none.
    pub(super) fn with_bits(&self, known: Tnum) -> Option<Self> {
        Self::reduced(self.known.intersect(known)?, self.arc, self.low_arc())
    }

    /// The members whose lower half may be the lower half of `other`; `None` if there are none.
    pub(super) fn with_low(&self, other: &Self) -> Option<Self> {
        let upper = Tnum::unknown(Arc::<N>::MASK & !Arc::<H>::MASK);
        let known = self.known.intersect(upper.replace(Arc::<H>::MASK, other.known))?;
        Self::reduced(known, self.arc, self.low_arc().intersect(other.low_arc())?)
    }

    /// Lets the parts shrink each other until nothing moves; `None` if no number is left.
    fn reduce(mut self) -> Option<Self> {
        // The two commonest numbers, one and any, have nothing to shrink.
        if self.arc.span() == 0 {
            let x = self.arc.base();
            return self.contains(x).then_some(Self::constant(x));
        }
        if self.is_unknown() {
            return Some(self);
        }
        for _ in 0..ROUNDS {
            let (next, done) = self.round()?;
            self = next;
            if done {
                break;
            }
        }
        Some(self)
    }

    /// One round of the reduction, and whether another one can change nothing.
    fn round(self) -> Option<(Self, bool)> {
        let (mut wide, mut low) = (self.wide(), self.low());
        if fault!(21) && !low.arc.is_full() && !wide.arc.is_full() {
            wide.arc = wide.arc.intersect(Arc::new(low.arc.base(), low.arc.span())).unwrap_or(wide.arc);
        }
        wide.arc = wide.tighten()?;
        if wide.arc.span() < Arc::<H>::MASK {
            low.arc = low.arc.intersect(Arc::new(wide.arc.base(), wide.arc.span()))?;
        }
        wide.known = wide.learn_bits()?;
        low.known = wide.known.truncate(Arc::<H>::MASK);
        let (arc, low_arc) = (wide.arc, low.arc);
        low.arc = low.tighten()?;
        wide.arc = tighten_to_low(wide.arc, low.arc)?;
        let low_known = low.learn_bits()?;
        // Bits learned from a range cannot move its own ends; everything else that moved late is seen by a new round.
        let done = wide.arc == arc && low.arc == low_arc && low_known == low.known;
        let known = wide.known.replace(Arc::<H>::MASK, low_known);
        Some((Self::raw(known, wide.arc, low.arc), done))
    }

    /// Checks the invariants of the module; the text names the broken one, which is a bug of this folder.
    ///
    /// # Errors
    /// The broken invariant.
    pub fn check_invariants(&self) -> Result<(), &'static str> {
        let low = self.low();
        if self.known.max() > Arc::<N>::MASK {
            return Err("known bits are inconsistent");
        }
        if !self.contains(self.arc.base()) || !self.contains(self.arc.end()) {
            return Err("an end of the range is no member");
        }
        if !low.known.contains(low.arc.base()) || !low.known.contains(low.arc.end()) {
            return Err("an end of the lower half's range has other known bits");
        }
        if self.round() != Some((*self, true)) {
            return Err("parts are not reduced against each other");
        }
        Ok(())
    }
}

/// Moves the ends of `arc` inwards until their lower halves are in `low`; `None` if no member has such a half.
const fn tighten_to_low<const N: u32, const H: u32>(arc: Arc<N>, low: Arc<H>) -> Option<Arc<N>> {
    let mask = Arc::<H>::MASK;
    let (base, end) = (arc.base() & mask, arc.end() & mask);
    // The lower half of a number that counts up runs round its own circle: the way to `low` is the way on that circle.
    let skip = if low.contains(base) { 0 } else { low.base().wrapping_sub(base) & mask };
    if skip > arc.span() {
        return None;
    }
    let drop = if low.contains(end) { 0 } else { end.wrapping_sub(low.end()) & mask };
    Some(Arc::new(arc.base().wrapping_add(skip), arc.span() - skip - drop))
}

impl Scalar {
    /// What a load of `size` leaves in a register: zero-extended.
    #[must_use]
    pub const fn from_size(size: Size) -> Scalar {
        let max = size.truncate(u64::MAX);
        Self::raw(Tnum::unknown(max), Arc::between(0, max), Arc::between(0, max))
    }

    /// The numbers whose lower half goes from `first` upwards to `last`, signed.
    #[must_use]
    pub(crate) fn from_signed_low(first: i32, last: i32) -> Scalar {
        Self::settled(Tnum::unknown(u64::MAX), Arc::FULL, Arc::between(first as u32 as u64, last as u32 as u64))
    }

    /// What a sign-extending load of `size` leaves in a register.
    #[must_use]
    pub fn from_signed_load(size: Size) -> Scalar {
        let max = size.truncate(u64::MAX) >> 1;
        Self::from_range(!max, max)
    }
}

impl<const N: u32, const H: u32> std::fmt::Debug for Number<N, H> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        if let Some(x) = self.as_constant() {
            return write!(f, "{x:#x}");
        }
        let low = self.low_arc();
        write!(f, "[{:#x}..={:#x}]", self.arc.base(), self.arc.end())?;
        write!(f, " low [{:#x}..={:#x}]", low.base(), low.end())?;
        write!(f, " bits {:#x}/{:#x}", self.known.value(), self.known.mask())
    }
}
