//! Ranges as arcs of the circle of `B`-bit numbers.
//!
//! Invariants:
//!
//! 1. `base` and `span` have no bit above bit `B - 1`.
//! 2. An arc is never empty: it holds the `span + 1` numbers met when counting up from `base`, wrapping at `2^B`.
//! 3. The full circle has one form: `base == 0`, `span == 2^B - 1`.
//!
//! The unsigned bounds are the ends of the arc unless it runs over the seam between `2^B - 1` and 0; the signed
//! bounds are its ends unless it runs over the seam between the largest and the smallest signed number. Adding,
//! subtracting, negating and complementing are exact: they never care where a seam is.

/// A contiguous, possibly wrapping, non-empty set of `B`-bit numbers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Arc<const B: u32> {
    base: u64,
    span: u64,
}

impl<const B: u32> Arc<B> {
    /// The `B` bits.
    pub const MASK: u64 = u64::MAX >> (64 - B);
    /// The sign bit, which as a number is also the smallest signed one.
    pub const SIGN: u64 = 1 << (B - 1);
    /// Every number.
    pub const FULL: Arc<B> = Arc { base: 0, span: Self::MASK };

    /// The arc of `span + 1` numbers from `base` upwards; bits above the width are dropped.
    #[must_use]
    pub const fn new(base: u64, span: u64) -> Arc<B> {
        let span = span & Self::MASK;
        if span == Self::MASK { Self::FULL } else { Arc { base: base & Self::MASK, span } }
    }

    /// The one number `x`.
    #[must_use]
    pub const fn point(x: u64) -> Arc<B> {
        Self::new(x, 0)
    }

    /// From `first` upwards to `last`, wrapping if `first > last`.
    #[must_use]
    pub const fn between(first: u64, last: u64) -> Arc<B> {
        Self::new(first, last.wrapping_sub(first))
    }

    /// The integers `first..=last` reduced to `B` bits; the full circle if there are `2^B` of them or more.
    #[must_use]
    pub const fn of_integers(first: i128, last: i128) -> Arc<B> {
        if last - first > Self::MASK as i128 { Self::FULL } else { Self::between(first as u64, last as u64) }
    }

    /// The first number.
    #[must_use]
    pub const fn base(self) -> u64 {
        self.base
    }

    /// How many numbers follow the first.
    #[must_use]
    pub const fn span(self) -> u64 {
        self.span
    }

    /// The last number.
    #[must_use]
    pub const fn end(self) -> u64 {
        self.base.wrapping_add(self.span) & Self::MASK
    }

    /// Whether this is every number.
    #[must_use]
    pub const fn is_full(self) -> bool {
        self.span == Self::MASK
    }

    /// How far `x` is ahead of the first number.
    const fn offset(self, x: u64) -> u64 {
        x.wrapping_sub(self.base) & Self::MASK
    }

    /// Whether `x`, which has at most `B` bits, is a member.
    #[must_use]
    pub const fn contains(self, x: u64) -> bool {
        self.offset(x) <= self.span
    }

    /// Whether every member is also one of `other`.
    #[must_use]
    pub const fn is_subset_of(self, other: Arc<B>) -> bool {
        let ahead = other.offset(self.base);
        other.is_full() || (ahead <= other.span && self.span <= other.span - ahead)
    }

    /// Whether the arc runs over the seam from `2^B - 1` to 0.
    #[must_use]
    pub const fn crosses_zero(self) -> bool {
        self.span > Self::MASK - self.base
    }

    /// Whether the arc runs over the seam from the largest to the smallest signed number.
    #[must_use]
    pub const fn crosses_sign(self) -> bool {
        self.span > Self::MASK - (self.base ^ Self::SIGN)
    }

    /// The smallest arc found that holds what both hold; `None` if nothing.
    ///
    /// Two arcs can meet in two pieces. No arc that holds both pieces is smaller than the smaller operand.
    #[must_use]
    pub const fn intersect(self, other: Arc<B>) -> Option<Arc<B>> {
        if self.is_full() {
            return Some(other);
        }
        let ahead = self.offset(other.base);
        let wraps = other.span > Self::MASK - ahead;
        if ahead <= self.span {
            if wraps {
                return Some(if other.span < self.span { other } else { self });
            }
            let left = self.span - ahead;
            return Some(Self::new(other.base, if left < other.span { left } else { other.span }));
        }
        if !wraps {
            return None;
        }
        let reach = self.offset(other.end());
        Some(Self::new(self.base, if reach < self.span { reach } else { self.span }))
    }

    /// The smallest arc with the members of both; of two equally small ones, that with the smaller base.
    #[must_use]
    pub const fn hull(self, other: Arc<B>) -> Arc<B> {
        if self.is_subset_of(other) {
            return other;
        }
        if other.is_subset_of(self) {
            return self;
        }
        let (one, two) = (Self::between(self.base, other.end()), Self::between(other.base, self.end()));
        // Neither arc holds the other, so one that starts with the first and ends with the second holds both or neither.
        match (self.is_subset_of(one), other.is_subset_of(two)) {
            (true, true) if two.span < one.span || (two.span == one.span && two.base < one.base) => two,
            (true, _) => one,
            (false, true) => two,
            (false, false) => Self::FULL,
        }
    }

    /// As [`Arc::hull`], but an end that moved goes on, at least to the next power of two, so that a chain of these ends.
    #[must_use]
    pub const fn widen(self, new: Arc<B>) -> Arc<B> {
        if new.is_subset_of(self) {
            return self;
        }
        let hull = self.hull(new);
        let (mut base, mut end) = (hull.base, hull.end());
        if hull.crosses_sign() && hull.crosses_zero() {
            return Self::FULL;
        }
        if base != self.base {
            base = if hull.crosses_sign() { 0 } else { floor(Self::signed(base)) as u64 };
        }
        if end != self.end() {
            // The complement's floor: at least the next number of the form 2^k - 1, or -1.
            end = if hull.crosses_sign() { Self::MASK } else { !floor(Self::signed(!end)) as u64 };
        }
        Self::between(base, end)
    }

    /// The `B`-bit number `x` read as a signed one; bits above the width are dropped.
    #[must_use]
    pub const fn signed(x: u64) -> i64 {
        (x << (64 - B)) as i64 >> (64 - B)
    }

    /// The sums.
    #[must_use]
    pub const fn add(self, other: Arc<B>) -> Arc<B> {
        if self.span > Self::MASK - other.span {
            return Self::FULL;
        }
        Self::new(self.base.wrapping_add(other.base), self.span + other.span)
    }

    /// The negated numbers.
    #[must_use]
    pub const fn neg(self) -> Arc<B> {
        Self::new(self.end().wrapping_neg(), self.span)
    }

    /// The differences.
    #[must_use]
    pub const fn sub(self, other: Arc<B>) -> Arc<B> {
        self.add(other.neg())
    }

    /// The bitwise complements.
    #[must_use]
    pub const fn not(self) -> Arc<B> {
        Self::new(!self.end(), self.span)
    }

    /// The integers this arc stands for, first and last, chosen close to zero.
    const fn integers(self) -> (i128, i128) {
        let (first, span) = (self.base as i128, self.span as i128);
        let below = first - Self::MASK as i128 - 1;
        // The farthest integer is the last one when reading upwards, the first one when reading from below zero.
        if first + span <= -below { (first, first + span) } else { (below, below + span) }
    }

    /// The products.
    #[must_use]
    pub const fn mul(self, other: Arc<B>) -> Arc<B> {
        let (a, b) = (self.integers(), other.integers());
        let (Some(p), Some(q), Some(r), Some(s)) =
            (a.0.checked_mul(b.0), a.0.checked_mul(b.1), a.1.checked_mul(b.0), a.1.checked_mul(b.1))
        else {
            return Self::FULL;
        };
        // A product is linear in each factor, so the extremes are among the four corners.
        let least = min(min(p, q), min(r, s));
        let most = max(max(p, q), max(r, s));
        match most.checked_sub(least) {
            Some(_) => Self::of_integers(least, most),
            None => Self::FULL,
        }
    }
}

/// 0, or the largest `-2^k` that is not above a negative `x`.
pub(super) const fn floor(x: i64) -> i64 {
    if x >= 0 { 0 } else { i64::MIN >> ((!x).leading_zeros() - 1) }
}

const fn min(a: i128, b: i128) -> i128 {
    if a < b { a } else { b }
}

const fn max(a: i128, b: i128) -> i128 {
    if a > b { a } else { b }
}
