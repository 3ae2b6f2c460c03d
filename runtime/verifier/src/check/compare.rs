//! Which values may be compared.

use stingless_abi::limits::{MAX_POINTER_OFFSET, MAX_STACK};
use stingless_isa::{Cond, Operand, Reg, Width};

use super::{Check, Checker, fail};
use crate::region::Region;
use crate::report::Kind;
use crate::value::Value;

/// What a comparison with NULL tells.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum NullTest {
    /// Both outcomes are looked at.
    Open,
    /// The pointer is never NULL.
    Never,
}

/// Whether `a cond b` tests a pointer for NULL, and what it can tell.
pub(crate) fn null_test(cond: Cond, width: Width, a: &Value, b: &Value) -> Option<NullTest> {
    let region = a.region()?;
    let tests = matches!(cond, Cond::Eq | Cond::Ne) && width == Width::W64 && b.as_constant() == Some(0);
    // Addresses are far from wrapping: a pointer so near its object is NULL on no host, which tells nothing of where it is.
    let near = match region {
        Region::Stack(_) => a.min_off() >= -i128::from(MAX_STACK) && a.max_off() <= 0,
        _ => a.min_off() >= 0 && a.max_off() < i128::from(MAX_POINTER_OFFSET),
    };
    if !tests || !near {
        return None;
    }
    match region {
        _ if a.nullable => Some(NullTest::Open),
        // A host may pass NULL with a length of 0; what is behind its start is not NULL even then.
        Region::Data(_) | Region::DataMeta(_) | Region::Linked if a.min_off() > 0 => Some(NullTest::Never),
        Region::Data(_) | Region::DataEnd(_) | Region::DataMeta(_) | Region::Linked => Some(NullTest::Open),
        // Never NULL, but Linux looks at both ways all the same: what is proved there is proved here.
        Region::Stack(_) | Region::Ctx | Region::Func(_) => Some(NullTest::Open),
        Region::MapValue(_)
        | Region::MapPtr(_)
        | Region::MapKey(_)
        | Region::Mem(_)
        | Region::ArgMem(_)
        | Region::ArgData(_)
        | Region::Host(_)
        | Region::Element(_)
        | Region::View(_)
        | Region::Gone => Some(NullTest::Never),
        Region::Stale => None,
    }
}

/// Whether two pointers have the same base, so that comparing them compares their offsets.
pub(crate) fn same_base(a: &Value, b: &Value) -> bool {
    let (Some(x), Some(y)) = (a.region(), b.region()) else {
        return false;
    };
    if x != y || a.nullable || b.nullable {
        return false;
    }
    match x {
        Region::Stack(_)
        | Region::Ctx
        | Region::Data(_)
        | Region::DataEnd(_)
        | Region::DataMeta(_)
        | Region::Linked => true,
        Region::MapValue(_)
        | Region::MapKey(_)
        | Region::Mem(_)
        | Region::ArgMem(_)
        | Region::ArgData(_)
        | Region::View(_) => a.id != 0 && a.id == b.id,
        Region::MapPtr(_) | Region::Host(_) | Region::Func(_) | Region::Stale | Region::Element(_) | Region::Gone => {
            false
        }
    }
}

/// The region whose length `a - b` is: end minus start of one data region. That tells how much there is, not where.
pub(crate) fn data_length(a: &Value, b: &Value) -> Option<Region> {
    match (a.region()?, b.region()?) {
        (Region::DataEnd(n), Region::Data(m)) if n == m && !a.nullable && !b.nullable && b.fixed_off() == Some(0) => {
            Some(Region::Data(n))
        }
        (_, _) => None,
    }
}

/// Whether both are pointers into one data region, ends and metadata included: their difference tells how far they are
/// apart, not where they are.
pub(crate) fn same_data(a: &Value, b: &Value) -> bool {
    !a.nullable && !b.nullable && data_region(a).is_some() && data_region(a) == data_region(b)
}

/// The data region that a pointer belongs to.
fn data_region(value: &Value) -> Option<u8> {
    match value.region()? {
        Region::Data(n) | Region::DataEnd(n) | Region::DataMeta(n) => Some(n),
        Region::Stack(_)
        | Region::Ctx
        | Region::Linked
        | Region::MapValue(_)
        | Region::MapPtr(_)
        | Region::MapKey(_)
        | Region::Mem(_)
        | Region::ArgMem(_)
        | Region::ArgData(_)
        | Region::Host(_)
        | Region::Func(_)
        | Region::Stale
        | Region::Element(_)
        | Region::Gone
        | Region::View(_) => None,
    }
}

/// Whether one is a pointer into a dynptr's memory, and the other what may be the buffer that it was asked for with.
fn is_buffer(view: &Value, buffer: &Value) -> bool {
    let (Some(Region::View(_)), Some(other)) = (view.region(), buffer.region()) else { return false };
    !view.nullable && !buffer.nullable && matches!(other, Region::Stack(_) | Region::MapValue(_))
}

impl Checker<'_> {
    pub(super) fn comparable(&self, cond: Cond, width: Width, dst: Reg, src: Operand) -> Check {
        let (a, b) = (self.state.reg(dst), self.operand(src));
        if !a.is_ptr() && !b.is_ptr() {
            return Ok(());
        }
        if null_test(cond, width, a, &b).is_some() || null_test(cond, width, &b, a).is_some() {
            return Ok(());
        }
        let ordered = width == Width::W64 && cond != Cond::Set;
        let same_data = data_region(a).is_some() && data_region(a) == data_region(&b);
        if ordered && (same_base(a, &b) || same_data) {
            return Ok(());
        }
        // A helper that got a buffer may have answered with that: which of the two it is tells nothing of where they lie.
        if ordered && matches!(cond, Cond::Eq | Cond::Ne) && (is_buffer(a, &b) || is_buffer(&b, a)) {
            return Ok(());
        }
        // As in Linux: who may see addresses may look at what is left of a stale one, a number.
        if self.privileged() {
            return Ok(());
        }
        if [a, &b].iter().any(|v| v.region() == Some(Region::Stale)) {
            return fail(Kind::PacketStale, "a pointer into data that a helper may have moved is compared");
        }
        let other = match src {
            Operand::Reg(src) => format!("{src}, {}", b.noun()),
            Operand::Imm(imm) => format!("the number {imm}"),
        };
        fail(Kind::PointerCompare, format!("{dst}, {}, is compared with {other}", a.noun()))
    }
}
