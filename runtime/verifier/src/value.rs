//! What is known of a register or of a spilled one.
//!
//! Invariants:
//!
//! 1. A scalar with a link (`id` not 0) equals the link's base plus `off`, modulo 2^64, in all 64 bits. All holders of
//!    one id in a state hold the same base. With [`LOW`] in its id, a scalar is the low 32 bits of that sum, zero-extended:
//!    what a 32-bit addition leaves that may have wrapped.
//! 2. A pointer's address is its region's base plus `off` plus a member of `num`. For regions with a learned range, an
//!    `id` names the exact value of the variable part: pointers with the same id have the same variable part. It may be
//!    the id of a scalar with delta 0. For other regions an id names the pointer that a helper returned: copies share it.
//! 3. A nullable pointer has `off` 0 and `num` 0, and is either NULL or a valid pointer.
//! 4. `node` is 0 for pointers: the variable part of an offset is compared in full.

use crate::domain::Scalar;
use crate::precision::NodeId;
use crate::region::Region;

/// Bit of a scalar's link: it holds of the low 32 bits. No fresh id has it.
pub(crate) const LOW: u32 = 1 << 31;

/// What kind of thing a register holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    /// Nothing that may be read.
    Uninit,
    /// A number.
    Scalar,
    /// A pointer.
    Ptr(Region),
}

/// The abstract value of a register.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Value {
    /// Its kind.
    pub(crate) kind: Kind,
    /// The number; for pointers, the variable part of the offset.
    pub(crate) num: Scalar,
    /// For pointers, the constant part of the offset in bytes; for linked numbers, the distance to the link's base.
    pub(crate) off: i32,
    /// The link; 0 for none.
    pub(crate) id: u32,
    /// The reference that must be released; 0 for none.
    pub(crate) reference: u32,
    /// Where the number came from, for precision.
    pub(crate) node: NodeId,
    /// May be NULL.
    pub(crate) nullable: bool,
}

impl Value {
    /// Nothing that may be read.
    pub(crate) const UNINIT: Value = Value { kind: Kind::Uninit, ..Value::scalar(Scalar::constant(0)) };

    /// The id of a number's link, without [`LOW`].
    pub(crate) const fn base(&self) -> u32 {
        self.id & !LOW
    }

    /// Whether a number's link holds of its low 32 bits only.
    pub(crate) const fn is_low(&self) -> bool {
        self.id & LOW != 0
    }

    /// The node of the kept numbers that the bounds of whatever is computed from this number depend on. Any number at all
    /// has no bounds; but where it is linked, that it equals another one may be what counts.
    pub(crate) fn source(&self) -> NodeId {
        if self.id == 0 && self.num.is_unknown() { 0 } else { self.node }
    }

    /// A number.
    pub(crate) const fn scalar(num: Scalar) -> Value {
        Value { kind: Kind::Scalar, num, off: 0, id: 0, reference: 0, node: 0, nullable: false }
    }

    /// One number.
    pub(crate) const fn constant(x: u64) -> Value {
        Value::scalar(Scalar::constant(x))
    }

    /// Any number.
    pub(crate) const fn unknown() -> Value {
        Value::scalar(Scalar::unknown())
    }

    /// A pointer to the base of a region.
    pub(crate) const fn ptr(region: Region) -> Value {
        Value { kind: Kind::Ptr(region), ..Value::constant(0) }
    }

    /// The pointer's region; `None` for anything else.
    pub(crate) const fn region(&self) -> Option<Region> {
        match self.kind {
            Kind::Ptr(region) => Some(region),
            Kind::Scalar | Kind::Uninit => None,
        }
    }

    /// Whether this is a number.
    pub(crate) const fn is_scalar(&self) -> bool {
        matches!(self.kind, Kind::Scalar)
    }

    /// Whether this is a pointer.
    pub(crate) const fn is_ptr(&self) -> bool {
        matches!(self.kind, Kind::Ptr(_))
    }

    /// Whether this may not be read.
    pub(crate) const fn is_uninit(&self) -> bool {
        matches!(self.kind, Kind::Uninit)
    }

    /// The number, if this is one known number.
    pub(crate) const fn as_constant(&self) -> Option<u64> {
        match self.kind {
            Kind::Scalar => self.num.as_constant(),
            Kind::Ptr(_) | Kind::Uninit => None,
        }
    }

    /// The least offset of a pointer, in bytes. Exact as an integer: `num` is read as signed.
    pub(crate) const fn min_off(&self) -> i128 {
        self.off as i128 + self.num.smin() as i128
    }

    /// The greatest offset of a pointer, in bytes.
    pub(crate) const fn max_off(&self) -> i128 {
        self.off as i128 + self.num.smax() as i128
    }

    /// The offset of a pointer, if it is one known number.
    pub(crate) fn fixed_off(&self) -> Option<i64> {
        self.num.as_constant().map(|c| (c as i64).saturating_add(i64::from(self.off)))
    }

    /// The value in the words of a message: `a number`, `a pointer to the stack`.
    pub(crate) fn noun(&self) -> &'static str {
        match self.kind {
            Kind::Uninit => "nothing",
            Kind::Scalar => "a number",
            Kind::Ptr(region) => region.noun(),
        }
    }
}

/// A range of numbers as a message shows it: `5`, `0..=255`, `-4..=7`, `any number`.
pub(crate) fn range_text(num: &Scalar) -> String {
    if let Some(c) = num.as_constant() {
        return format!("{}", c as i64);
    }
    let (umin, umax, smin, smax) = (num.umin(), num.umax(), num.smin(), num.smax());
    if umax <= i64::MAX as u64 {
        return format!("{umin}..={umax}");
    }
    if smin == i64::MIN && smax == i64::MAX {
        return if umin == 0 && umax == u64::MAX { "any number".into() } else { format!("{umin}..={umax}") };
    }
    format!("{smin}..={smax}")
}
