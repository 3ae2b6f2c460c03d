//! Known bits.
//!
//! Invariants:
//!
//! 1. `value & mask == 0`: a bit is known (and `value` says what it is) or unknown, never both.
//! 2. Bits above the width in use are known zeros, so every operation may compute on 64 bits and truncate.
//! 3. A `Tnum` is never empty: `value` and `value | mask` are its smallest and largest member.

/// A set of numbers given bit by bit ("tracked number" in Linux): every bit is 0, 1 or unknown.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Tnum {
    value: u64,
    mask: u64,
}

impl Tnum {
    /// The one number `value`.
    #[must_use]
    pub const fn constant(value: u64) -> Tnum {
        Tnum { value, mask: 0 }
    }

    /// Every number whose ones all lie in `mask`: `unknown(u64::MAX)` knows nothing, `unknown(0xff)` is a byte.
    #[must_use]
    pub const fn unknown(mask: u64) -> Tnum {
        Tnum { value: 0, mask }
    }

    /// Known bits from `value`, unknown bits from `mask`; `None` if a bit is in both.
    #[must_use]
    pub const fn new(value: u64, mask: u64) -> Option<Tnum> {
        if value & mask == 0 { Some(Tnum { value, mask }) } else { None }
    }

    /// The bits that are known ones; also the smallest member.
    #[must_use]
    pub const fn value(self) -> u64 {
        self.value
    }

    /// The bits that are unknown.
    #[must_use]
    pub const fn mask(self) -> u64 {
        self.mask
    }

    /// The bits that may be ones; also the largest member.
    #[must_use]
    pub const fn max(self) -> u64 {
        self.value | self.mask
    }

    /// Whether `x` is a member.
    #[must_use]
    pub const fn contains(self, x: u64) -> bool {
        x & !self.mask == self.value
    }

    /// Whether every member is also one of `other`.
    #[must_use]
    pub const fn is_subset_of(self, other: Tnum) -> bool {
        self.mask & !other.mask == 0 && other.contains(self.value)
    }

    /// Keeps the bits in `keep`; the others become known zeros.
    #[must_use]
    pub const fn truncate(self, keep: u64) -> Tnum {
        Tnum { value: self.value & keep, mask: self.mask & keep }
    }

    /// Takes the bits in `select` from `other` and the rest from `self`.
    #[must_use]
    pub const fn replace(self, select: u64, other: Tnum) -> Tnum {
        Tnum {
            value: (self.value & !select) | (other.value & select),
            mask: (self.mask & !select) | (other.mask & select),
        }
    }

    /// The numbers that are in both; `None` if some bit is known to differ.
    #[must_use]
    pub const fn intersect(self, other: Tnum) -> Option<Tnum> {
        if (self.value ^ other.value) & !self.mask & !other.mask != 0 {
            return None;
        }
        Some(Tnum { value: self.value | other.value, mask: self.mask & other.mask })
    }

    /// The smallest `Tnum` with the members of both.
    #[must_use]
    pub const fn union(self, other: Tnum) -> Tnum {
        let mask = self.mask | other.mask | (self.value ^ other.value);
        Tnum { value: self.value & !mask, mask }
    }

    /// The first member met when counting up from `x`; past the largest member it wraps to the smallest.
    #[must_use]
    pub const fn at_or_after(self, x: u64) -> u64 {
        let clash = (x ^ self.value) & !self.mask;
        if clash == 0 {
            return x;
        }
        let upto = u64::MAX >> clash.leading_zeros();
        let top = upto ^ (upto >> 1);
        if self.value & top != 0 {
            return (x & !upto) | (self.value & upto);
        }
        // `x` has a one where a zero must be: carry into the next free bit above, and restart below it.
        let free = self.mask & !x & !upto;
        if free == 0 {
            return self.value;
        }
        let carry = free & free.wrapping_neg();
        let below = carry - 1;
        (x & !below) | carry | (self.value & below)
    }

    /// The first member met when counting down from `x`; past the smallest member it wraps to the largest.
    #[must_use]
    pub const fn at_or_before(self, x: u64) -> u64 {
        // Counting down is counting up among the complements.
        !self.not().at_or_after(!x)
    }

    /// The sums.
    #[must_use]
    pub const fn add(self, other: Tnum) -> Tnum {
        let least = self.value.wrapping_add(other.value);
        let most = self.max().wrapping_add(other.max());
        // A bit where the two extremes agree and no operand is unknown gets the same carry always.
        let mask = (least ^ most) | self.mask | other.mask;
        Tnum { value: least & !mask, mask }
    }

    /// The differences.
    #[must_use]
    pub const fn sub(self, other: Tnum) -> Tnum {
        let least = self.value.wrapping_sub(other.max());
        let most = self.max().wrapping_sub(other.value);
        let mask = (least ^ most) | self.mask | other.mask;
        Tnum { value: least & !mask, mask }
    }

    /// The products.
    #[must_use]
    pub const fn mul(self, other: Tnum) -> Tnum {
        // Long multiplication; the factor with fewer possible ones gives the rows.
        let (mut rows, column) =
            if self.max().count_ones() <= other.max().count_ones() { (self, other) } else { (other, self) };
        let mut sum = Tnum::constant(0);
        while rows.max() != 0 {
            let bit = rows.max().trailing_zeros();
            let with = sum.add(Tnum { value: column.value << bit, mask: column.mask << bit });
            // An unknown digit adds the row or leaves it out: one union keeps the two apart longer than adding {0, row}.
            sum = if rows.mask >> bit & 1 == 1 { sum.union(with) } else { with };
            rows = rows.truncate(rows.max() & (rows.max() - 1));
        }
        sum
    }

    /// The bitwise ands.
    #[must_use]
    pub const fn and(self, other: Tnum) -> Tnum {
        let value = self.value & other.value;
        Tnum { value, mask: self.max() & other.max() & !value }
    }

    /// The bitwise ors.
    #[must_use]
    pub const fn or(self, other: Tnum) -> Tnum {
        let value = self.value | other.value;
        Tnum { value, mask: (self.mask | other.mask) & !value }
    }

    /// The bitwise exclusive ors.
    #[must_use]
    pub const fn xor(self, other: Tnum) -> Tnum {
        let mask = self.mask | other.mask;
        Tnum { value: (self.value ^ other.value) & !mask, mask }
    }

    /// The 64-bit complements.
    #[must_use]
    pub const fn not(self) -> Tnum {
        Tnum { value: !self.max(), mask: self.mask }
    }

    /// Shifted left by `count` < 64.
    #[must_use]
    pub const fn lsh(self, count: u32) -> Tnum {
        Tnum { value: self.value << count, mask: self.mask << count }
    }

    /// Shifted right by `count` < 64, zeros coming in.
    #[must_use]
    pub const fn rsh(self, count: u32) -> Tnum {
        Tnum { value: self.value >> count, mask: self.mask >> count }
    }

    /// A number of `bits` bits shifted right by `count` < `bits`, its sign coming in. The result has 64 bits.
    #[must_use]
    pub const fn arsh(self, bits: u32, count: u32) -> Tnum {
        let up = 64 - bits;
        Tnum {
            value: ((self.value << up) as i64 >> up >> count) as u64,
            mask: ((self.mask << up) as i64 >> up >> count) as u64,
        }
    }
}
